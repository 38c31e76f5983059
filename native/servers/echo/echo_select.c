// The kernel is given two sets of descriptors, to be read and to be written, and leaves in them the ones that are
// ready: select(2). A set is an array of FD_SETSIZE bits and checks nothing.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>

#include "echo.h"
#include "echo_clients.h"

static bool fits(int fd) {
  if (fd < FD_SETSIZE) return true;
  fprintf(stderr, "echo: select: descriptor %d is not below FD_SETSIZE (%d)\n", fd, FD_SETSIZE);
  return false;
}

static void accept_clients(clients* all) {
  for (int i = 0; i < CLIENTS_ACCEPTED; i++) {
    const int fd = clients_accept(all);
    if (fd < 0) return;
    if (!fits(fd)) clients_close(all, fd);
  }
}

// The two sets, and one more than the highest descriptor in them.
typedef struct {
  fd_set readable, writable;
  int limit;
} watched;

static void watch(watched* sets, fd_set* set, int fd) {
  FD_SET(fd, set);
  if (fd >= sets->limit) sets->limit = fd + 1;
}

static void watch_clients(watched* sets, const clients* all) {
  for (int fd = 0; fd < all->capacity; fd++) {
    const client* one = &all->of[fd];
    if (one->open) watch(sets, one->unsent != NULL ? &sets->writable : &sets->readable, fd);
  }
}

// select(2) with a timeout in milliseconds, -1 for none.
static int wait_for(watched* sets, int timeout) {
  struct timeval limit = {.tv_sec = timeout / 1000, .tv_usec = timeout % 1000 * 1000};
  return select(sets->limit, &sets->readable, &sets->writable, NULL, timeout < 0 ? NULL : &limit);
}

void echo_select(server* server) {
  clients all = {.server = server};
  if (!fits(server->listener) || !fits(server->stop)) exit(1);
  while (clients_remain(&all)) {
    const int listener = all.waiting ? -1 : server->listener;
    watched sets = {.limit = 0};
    FD_ZERO(&sets.readable);
    FD_ZERO(&sets.writable);
    if (!all.stopping) watch(&sets, &sets.readable, server->stop);
    if (listener >= 0) watch(&sets, &sets.readable, listener);
    watch_clients(&sets, &all);
    if (wait_for(&sets, clients_timeout(&all)) < 0) {
      server_wait_failed("select");
      continue;
    }
    for (int fd = 0; fd < all.capacity && fd < sets.limit; fd++) {
      if (FD_ISSET(fd, &sets.readable) || FD_ISSET(fd, &sets.writable)) clients_serve(&all, fd, 1, true);
    }
    if (listener >= 0 && FD_ISSET(listener, &sets.readable)) all.waiting = true;
    accept_clients(&all);
  }
  clients_end(&all);
}
