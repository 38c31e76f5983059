// The kernel is given two sets of descriptors, to be read and to be written, and leaves in them the
// ones that are ready: select(2). A set is an array of FD_SETSIZE bits and checks nothing.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>

#include "http.h"
#include "http_clients.h"

static bool fits(int fd) {
  if (fd < FD_SETSIZE) return true;
  fprintf(stderr, "http: select: descriptor %d is not below FD_SETSIZE (%d)\n", fd, FD_SETSIZE);
  return false;
}

static void accept_clients(http_clients* all) {
  for (int i = 0; i < HTTP_ACCEPTED; i++) {
    const int fd = http_clients_accept(all);
    if (fd < 0) return;
    if (!fits(fd)) http_clients_drop(all, fd);
  }
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

static void watch_clients(sets* sets, const http_clients* all) {
  for (int fd = 0; fd < all->capacity; fd++) {
    if (all->of[fd].connection == NULL) continue;
    watch(sets, http_clients_sends(all, fd) ? &sets->writable : &sets->readable, fd);
  }
}

// select(2) with a timeout in milliseconds, -1 for none.
static int wait_for(sets* sets, int timeout) {
  struct timeval limit = {.tv_sec = timeout / 1000, .tv_usec = timeout % 1000 * 1000};
  return select(sets->limit, &sets->readable, &sets->writable, NULL, timeout < 0 ? NULL : &limit);
}

static void serve_clients(const sets* sets, http_clients* all) {
  for (int fd = 0; fd < all->capacity && fd < sets->limit; fd++) {
    if (FD_ISSET(fd, &sets->readable) || FD_ISSET(fd, &sets->writable)) http_clients_serve(all, fd, false);
  }
}

void http_select(server* server, const http_settings* settings) {
  if (!fits(server->listener) || !fits(server->stop)) exit(1);
  http_clients all;
  http_clients_open(&all, server, settings);
  while (http_clients_remain(&all)) {
    const int listener = all.waiting ? -1 : server->listener;
    sets sets = {.limit = 0};
    watch(&sets, &sets.readable, all.stopping ? -1 : server->stop);
    watch(&sets, &sets.readable, listener);
    watch_clients(&sets, &all);
    const int ready = wait_for(&sets, http_clients_timeout(&all));
    if (ready < 0) server_wait_failed("select");
    if (ready > 0 && listener >= 0 && FD_ISSET(listener, &sets.readable)) all.waiting = true;
    if (ready > 0) serve_clients(&sets, &all);
    http_clients_turn(&all);
    accept_clients(&all);
  }
  http_clients_close(&all);
}
