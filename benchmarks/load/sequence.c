// Connections of one message there and back: in sequence, --connections of them at a time, each closed and the next
// begun; or as many at once, which stay open until all have their answer.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "load.h"

typedef struct {
  int fd;
  int number;  // of the connection, among all
  int sent;
  int received;
  int64_t begun;
} attempt;

static char received[LOAD_CHUNK];
static int poller;
static int number;

static void begin(attempt* one, int slot) {
  *one = (attempt){.begun = load_now(), .number = number++};
  one->fd = load_connect(one->number);
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.u32 = (uint32_t)slot}};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, one->fd, &event) < 0) load_fail("epoll_ctl");
}

static void send_rest(attempt* one) {
  while (one->sent < options.size) {
    const size_t size = (size_t)(options.size - one->sent);
    const char* const bytes = load_bytes(one->number, (uint64_t)one->sent);
    const ssize_t count = send(one->fd, bytes, size < LOAD_CHUNK ? size : LOAD_CHUNK, MSG_NOSIGNAL);
    if (count < 0) return;  // an error that lasts is found by the receive
    one->sent += (int)count;
  }
}

// Returns whether it is over.
static bool receive(attempt* one) {
  for (;;) {
    const ssize_t count = recv(one->fd, received, sizeof received, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN)) return false;
    if (count <= 0 || one->received + count > one->sent ||
        memcmp(received, load_bytes(one->number, (uint64_t)one->received), (size_t)count) != 0) {
      figures.errors++;
      return true;
    }
    one->received += (int)count;
    figures.bytes += (uint64_t)count;
    if (one->received < options.size) continue;
    figures.messages++;
    histogram_add(&figures.latencies, load_now() - one->begun);
    return true;
  }
}

// Sends and receives what can be. Returns whether the connection is over.
static bool serve(attempt* one, uint32_t events) {
  if (events & EPOLLOUT) send_rest(one);
  return receive(one);
}

static attempt* begin_all(void) {
  attempt* const all = calloc((size_t)options.connections, sizeof *all);
  if (all == NULL) load_fail("calloc");
  poller = epoll_create1(EPOLL_CLOEXEC);
  for (int slot = 0; slot < options.connections; slot++) begin(&all[slot], slot);
  return all;
}

enum { EVENTS = 256 };
static struct epoll_event events[EVENTS];

void load_sequence(void) {
  attempt* const all = begin_all();
  while (load_continues(load_now())) {
    const int count = epoll_wait(poller, events, EVENTS, 100);
    if (count < 0 && errno != EINTR) load_fail("epoll_wait");
    for (int i = 0; i < count; i++) {
      const int slot = (int)events[i].data.u32;
      if (!serve(&all[slot], events[i].events)) continue;
      close(all[slot].fd);
      begin(&all[slot], slot);
    }
  }
}

void load_once(void) {
  options.warmup = 0;
  load_continues(load_now());
  attempt* const all = begin_all();
  for (int left = options.connections; left > 0;) {
    const int count = epoll_wait(poller, events, EVENTS, -1);
    if (count < 0 && errno != EINTR) load_fail("epoll_wait");
    for (int i = 0; i < count; i++) {
      attempt* const one = &all[events[i].data.u32];
      if (!serve(one, events[i].events)) continue;
      epoll_ctl(poller, EPOLL_CTL_DEL, one->fd, NULL);
      left--;
    }
  }
  options.duration = 0;
  load_continues(load_now());
}
