// Tests that poller_kqueue.c, with a simulated kqueue, fulfils the contract of poller.h.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kqueue.h"
#include "poller.h"

#define CHECK(truth)                                              \
  do {                                                            \
    if (!(truth)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #truth); \
      exit(1);                                                    \
    }                                                             \
  } while (0)

enum { EVERYTHING = POLLER_READABLE | POLLER_WRITABLE | POLLER_ERROR | POLLER_END };

static int poller;

// The readiness that one event of a filter is reported as.
static int32_t seen(int16_t filter, uint16_t flags, uint32_t fflags) {
  CHECK(poller_add(poller, 7) == 0);
  kernel_edge(7, filter, flags, fflags);
  poller_event events[4];
  CHECK(poller_wait(poller, events, 4, 0) == 1);
  CHECK(events[0].fd == 7);
  CHECK(poller_remove(poller, 7) == 0);
  return events[0].readiness;
}

static void the_poller_is_close_on_exec(void) {
  CHECK(fcntl(poller, F_GETFD) & FD_CLOEXEC);
}

static void a_descriptor_is_registered_for_both_directions_by_edges(void) {
  CHECK(poller_add(poller, 5) == 0);
  CHECK(kernel_registered(5, EVFILT_READ) & EV_CLEAR);
  CHECK(kernel_registered(5, EVFILT_WRITE) & EV_CLEAR);
  CHECK(poller_remove(poller, 5) == 0);
  CHECK(kernel_registered(5, EVFILT_READ) == -1);
  CHECK(kernel_registered(5, EVFILT_WRITE) == -1);
}

static void an_edge_is_told_once(void) {
  poller_event events[4];
  CHECK(poller_add(poller, 5) == 0);
  kernel_edge(5, EVFILT_READ, 0, 0);
  CHECK(poller_wait(poller, events, 4, 0) == 1);
  CHECK(poller_wait(poller, events, 4, 0) == 0);
  CHECK(poller_remove(poller, 5) == 0);
}

static void adding_takes_no_event_of_another(void) {
  poller_event events[4];
  CHECK(poller_add(poller, 5) == 0);
  kernel_edge(5, EVFILT_READ, 0, 0);
  CHECK(poller_add(poller, 6) == 0);
  CHECK(poller_wait(poller, events, 4, 0) == 1 && events[0].fd == 5);
  CHECK(poller_remove(poller, 5) == 0 && poller_remove(poller, 6) == 0);
}

static void a_filter_becomes_a_readiness(void) {
  CHECK(seen(EVFILT_READ, 0, 0) == POLLER_READABLE);
  CHECK(seen(EVFILT_WRITE, 0, 0) == POLLER_WRITABLE);
}

static void the_end_ends_the_wait_of_its_direction(void) {
  CHECK(seen(EVFILT_READ, EV_EOF, 0) == (POLLER_READABLE | POLLER_END | POLLER_RDHUP));
  CHECK(seen(EVFILT_WRITE, EV_EOF, 0) == (POLLER_WRITABLE | POLLER_END));
}

static void urgent_data_is_an_end(void) {
  CHECK(seen(EVFILT_READ, EV_OOBAND, 0) == (POLLER_READABLE | POLLER_END));
}

static void an_error_ends_every_wait(void) {
  CHECK(seen(EVFILT_READ, EV_EOF, ECONNRESET) == (EVERYTHING | POLLER_RDHUP));
  CHECK(seen(EVFILT_WRITE, EV_EOF, EPIPE) == EVERYTHING);
  CHECK(seen(EVFILT_READ, EV_ERROR, 0) == EVERYTHING);
}

static void what_the_kernel_refuses_is_told_and_leaves_nothing(void) {
  for (int16_t filter = EVFILT_READ; filter >= EVFILT_WRITE; filter--) {
    kernel_refuse(filter, EPERM);
    CHECK(poller_add(poller, 5) == -1 && errno == EPERM);
    CHECK(kernel_registered(5, EVFILT_READ) == -1);
    CHECK(kernel_registered(5, EVFILT_WRITE) == -1);
    kernel_refuse(filter, 0);
  }
}

static void removing_what_is_not_there_fails(void) {
  CHECK(poller_remove(poller, 5) == -1 && errno == ENOENT);
}

static void a_failed_call_is_told(void) {
  poller_event events[4];
  kernel_fail(EINTR);
  CHECK(poller_wait(poller, events, 4, -1) == -1 && errno == EINTR);
  kernel_fail(ENOMEM);
  CHECK(poller_add(poller, 5) == -1 && errno == ENOMEM);
  CHECK(poller_wait(-1, events, 4, 0) == -1 && errno == EBADF);
}

static void a_timeout_is_in_milliseconds(void) {
  const int timeouts[] = {-1, 0, 1, 999, 1000, 1001, 3600000};
  poller_event events[4];
  for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
    CHECK(poller_wait(poller, events, 4, timeouts[i]) == 0);
    CHECK(kernel_timeout() == timeouts[i]);
  }
}

static void no_more_is_taken_than_there_is_room_for(void) {
  enum { MANY = 400 };
  poller_event events[MANY];
  for (int fd = 0; fd < MANY; fd++) {
    CHECK(poller_add(poller, fd) == 0);
    kernel_edge(fd, EVFILT_WRITE, 0, 0);
  }
  CHECK(poller_wait(poller, events, 3, 0) == 3);
  int told = 3;
  for (int count = 1; count > 0; told += count) {
    count = poller_wait(poller, events, MANY, 0);
    CHECK(count >= 0 && kernel_room() <= MANY);
  }
  CHECK(told == MANY);
  for (int fd = 0; fd < MANY; fd++) CHECK(poller_remove(poller, fd) == 0);
}

int main(void) {
  poller = poller_create();
  CHECK(poller >= 0);
  the_poller_is_close_on_exec();
  a_descriptor_is_registered_for_both_directions_by_edges();
  an_edge_is_told_once();
  adding_takes_no_event_of_another();
  a_filter_becomes_a_readiness();
  the_end_ends_the_wait_of_its_direction();
  urgent_data_is_an_end();
  an_error_ends_every_wait();
  what_the_kernel_refuses_is_told_and_leaves_nothing();
  removing_what_is_not_there_fails();
  a_failed_call_is_told();
  a_timeout_is_in_milliseconds();
  no_more_is_taken_than_there_is_room_for();
  close(poller);
  puts("13 passed");
  return 0;
}
