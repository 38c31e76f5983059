// Every call gives the kernel two sets of descriptors, to read and to write, and the kernel leaves the ready ones in
// them: select(2). A set is an array of FD_SETSIZE bits, and the macros check no bounds.
#include <poll.h>
#include <stdlib.h>
#include <sys/select.h>

#include "loops/clients.h"

static bool fits(void* context, int fd) {
  (void)context;
  if (fd < FD_SETSIZE) return true;
  server_say("select: descriptor %d is not below FD_SETSIZE (%d)", fd, FD_SETSIZE);
  return false;
}

// The two sets, and one more than the highest descriptor in them.
typedef struct {
  fd_set readable, writable;
  int limit;
} sets;

static void watch(sets* sets, fd_set* set, int fd) {
  if (fd < 0) return;
  FD_SET(fd, set);
  if (fd >= sets->limit) sets->limit = fd + 1;
}

static void watch_clients(sets* sets, const clients* all) {
  for (int fd = 0; fd < all->capacity; fd++) {
    const short events = all->program->events(all, fd);
    if (events != 0) watch(sets, events == POLLOUT ? &sets->writable : &sets->readable, fd);
  }
}

// select(2) with a timeout in milliseconds, -1 for none.
static int wait_for(sets* sets, int timeout) {
  struct timeval limit = {.tv_sec = timeout / 1000, .tv_usec = timeout % 1000 * 1000};
  return select(sets->limit, &sets->readable, &sets->writable, NULL, timeout < 0 ? NULL : &limit);
}

static void serve_clients(const sets* sets, clients* all) {
  for (int fd = 0; fd < all->capacity && fd < sets->limit; fd++) {
    if (FD_ISSET(fd, &sets->readable) || FD_ISSET(fd, &sets->writable)) all->program->serve(all, fd, 1, false);
  }
}

void clients_select(clients* all) {
  if (!fits(NULL, all->server->listener) || !fits(NULL, all->server->stop)) exit(1);
  while (clients_remain(all)) {
    const int listener = all->waiting ? -1 : all->server->listener;
    sets sets = {.limit = 0};
    FD_ZERO(&sets.readable);
    FD_ZERO(&sets.writable);
    watch(&sets, &sets.readable, all->stopping ? -1 : all->server->stop);
    watch(&sets, &sets.readable, listener);
    watch_clients(&sets, all);
    const int ready = wait_for(&sets, clients_timeout(all));
    if (ready < 0) server_wait_failed("select");
    if (ready > 0 && listener >= 0 && FD_ISSET(listener, &sets.readable)) all->waiting = true;
    if (ready > 0) serve_clients(&sets, all);
    clients_turn(all, fits, NULL);
  }
  clients_end(all);
}
