// The kernel is given all descriptors, each with what to wait for, every time: poll(2).
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "http.h"
#include "http_clients.h"

static struct pollfd* make_room(struct pollfd* fds, int count) {
  struct pollfd* more = realloc(fds, (size_t)count * sizeof *fds);
  if (more == NULL) server_fail("realloc");
  return more;
}

// Writes the clients to `fds` and returns how many.
static int list_clients(const http_clients* all, struct pollfd* fds) {
  int count = 0;
  for (int fd = 0; fd < all->capacity; fd++) {
    if (all->of[fd].connection == NULL) continue;
    const short events = http_clients_sends(all, fd) ? POLLOUT : POLLIN;
    fds[count++] = (struct pollfd){.fd = fd, .events = events};
  }
  return count;
}

void http_poll(server* server, const http_settings* settings) {
  http_clients all;
  http_clients_open(&all, server, settings);
  int capacity = 2;
  struct pollfd* fds = make_room(NULL, capacity);
  while (http_clients_remain(&all)) {
    if (capacity < all.count + 2) fds = make_room(fds, capacity = 2 * all.count + 2);
    // poll(2) passes over a negative descriptor.
    fds[0] = (struct pollfd){.fd = all.stopping ? -1 : server->stop, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = all.waiting ? -1 : server->listener, .events = POLLIN};
    const int count = 2 + list_clients(&all, fds + 2);
    const int ready = poll(fds, (nfds_t)count, http_clients_timeout(&all));
    if (ready < 0) server_wait_failed("poll");
    for (int i = 2; ready > 0 && i < count; i++) {
      if (fds[i].revents != 0) http_clients_serve(&all, fds[i].fd, false);
    }
    if (ready > 0 && fds[1].revents != 0) all.waiting = true;
    http_clients_turn(&all);
    for (int i = 0; i < HTTP_ACCEPTED && http_clients_accept(&all) >= 0; i++) continue;
  }
  free(fds);
  http_clients_close(&all);
}
