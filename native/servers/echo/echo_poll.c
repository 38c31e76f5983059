// The kernel is given all descriptors, each with what to wait for, every time: poll(2). It tells of a client as
// long as there is something to do, so one turn each time is enough.
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "echo.h"
#include "echo_clients.h"

static struct pollfd* make_room(struct pollfd* fds, int count) {
  struct pollfd* more = realloc(fds, (size_t)count * sizeof *fds);
  if (more == NULL) server_fail("realloc");
  return more;
}

// Writes the clients to `fds` and returns how many.
static int list_clients(const clients* all, struct pollfd* fds) {
  int count = 0;
  for (int fd = 0; fd < all->capacity; fd++) {
    const client* one = &all->of[fd];
    if (!one->open) continue;
    fds[count++] = (struct pollfd){.fd = fd, .events = one->unsent != NULL ? POLLOUT : POLLIN};
  }
  return count;
}

void echo_poll(server* server) {
  clients all = {.server = server};
  int capacity = 2;
  struct pollfd* fds = make_room(NULL, capacity);
  while (clients_remain(&all)) {
    if (capacity < all.count + 2) fds = make_room(fds, capacity = 2 * all.count + 2);
    // poll(2) passes over a negative descriptor.
    fds[0] = (struct pollfd){.fd = all.stopping ? -1 : server->stop, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = all.waiting ? -1 : server->listener, .events = POLLIN};
    const int count = 2 + list_clients(&all, fds + 2);
    if (poll(fds, (nfds_t)count, clients_timeout(&all)) < 0) {
      server_wait_failed("poll");
      continue;
    }
    for (int i = 2; i < count; i++) {
      if (fds[i].revents != 0) clients_serve(&all, fds[i].fd, 1, true);
    }
    if (fds[1].revents != 0) all.waiting = true;
    for (int i = 0; i < CLIENTS_ACCEPTED && clients_accept(&all) >= 0; i++) continue;
  }
  free(fds);
  clients_end(&all);
}
