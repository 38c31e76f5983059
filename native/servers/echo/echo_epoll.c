// The kernel remembers whom to watch and tells who has become ready, once: so each client is served until it would
// block. epoll(7), or kqueue(2) on macOS: poller.h hides which.
#include <errno.h>
#include <unistd.h>

#include "echo.h"
#include "echo_clients.h"
#include "poller.h"

enum { EVENTS = 256, TURNS = 4 };

static void serve(clients* all, int poller, const poller_event* event) {
  const int fd = event->fd;
  const bool drain = event->readiness & POLLER_END || all->server->local || all->stopping;
  if (!clients_serve(all, fd, TURNS, drain)) return;
  // It may be ready still. Removed and added it is reported again, after the others that are.
  if (poller_remove(poller, fd) < 0 || poller_add(poller, fd) < 0) {
    server_warn("poller_add");
    clients_close(all, fd);
  }
}

static void accept_clients(clients* all, int poller) {
  for (int i = 0; i < CLIENTS_ACCEPTED; i++) {
    const int fd = clients_accept(all);
    if (fd < 0) return;
    if (poller_add(poller, fd) < 0) {
      server_warn("poller_add");
      clients_close(all, fd);
    }
  }
}

void echo_epoll(server* server) {
  clients all = {.server = server};
  poller_event events[EVENTS];
  const int poller = poller_create();
  if (poller < 0) server_fail("poller_create");
  if (poller_add(poller, server->listener) < 0) server_fail("poller_add");
  if (poller_add(poller, server->stop) < 0) server_fail("poller_add");
  while (clients_remain(&all)) {
    const int count = poller_wait(poller, events, EVENTS, clients_timeout(&all));
    if (count < 0) server_wait_failed("poller_wait");
    for (int i = 0; i < count; i++) {
      const int fd = events[i].fd;
      if (fd == server->listener) {
        all.waiting = true;
      } else if (fd == server->stop) {
        continue;
      } else if (events[i].readiness & POLLER_READABLE || all.of[fd].unsent != NULL) {
        serve(&all, poller, &events[i]);
      }
    }
    accept_clients(&all, poller);
  }
  clients_end(&all);
  close(poller);
}
