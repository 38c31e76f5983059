// Every call gives the kernel all descriptors, with the events to wait for: poll(2). The kernel reports a client as
// long as it is ready, so serving it once each time is enough.
#include <poll.h>
#include <stdlib.h>

#include "loops/clients.h"

static struct pollfd* make_room(struct pollfd* fds, int count) {
  struct pollfd* more = realloc(fds, (size_t)count * sizeof *fds);
  if (more == NULL) server_fail("realloc");
  return more;
}

// Writes the clients to `fds`. Returns their number.
static int list_clients(const clients* all, struct pollfd* fds) {
  int count = 0;
  for (int fd = 0; fd < all->capacity; fd++) {
    const short events = all->program->events(all, fd);
    if (events != 0) fds[count++] = (struct pollfd){.fd = fd, .events = events};
  }
  return count;
}

static bool watch(void* context, int fd) {
  (void)context, (void)fd;
  return true;
}

void clients_poll(clients* all) {
  int capacity = 2;
  struct pollfd* fds = make_room(NULL, capacity);
  while (clients_remain(all)) {
    if (capacity < all->count + 2) fds = make_room(fds, capacity = 2 * all->count + 2);
    // poll(2) ignores a negative descriptor.
    fds[0] = (struct pollfd){.fd = all->stopping ? -1 : all->server->stop, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = all->waiting ? -1 : all->server->listener, .events = POLLIN};
    const int count = 2 + list_clients(all, fds + 2);
    const int ready = poll(fds, (nfds_t)count, clients_timeout(all));
    if (ready < 0) server_wait_failed("poll");
    for (int i = 2; ready > 0 && i < count; i++) {
      if (fds[i].revents != 0) all->program->serve(all, fds[i].fd, 1, false);
    }
    if (ready > 0 && fds[1].revents != 0) all->waiting = true;
    clients_turn(all, watch, NULL);
  }
  free(fds);
  clients_end(all);
}
