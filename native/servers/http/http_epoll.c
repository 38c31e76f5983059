// The kernel remembers whom to watch and tells who has become ready, once: epoll(7), or kqueue(2)
// on macOS. poller.h hides which.
#include <errno.h>
#include <unistd.h>

#include "http.h"
#include "http_clients.h"
#include "poller.h"

enum { EVENTS = 256 };

static void accept_clients(http_clients* all, int poller) {
  for (int i = 0; i < HTTP_ACCEPTED; i++) {
    const int fd = http_clients_accept(all);
    if (fd < 0) return;
    if (poller_add(poller, fd) < 0) {
      server_warn("poller_add");
      http_clients_drop(all, fd);
    }
  }
}

static void handle(http_clients* all, const poller_event* event) {
  if (event->fd == all->server->listener) {
    all->waiting = true;
  } else if (event->fd != all->server->stop) {
    // A socket is writable from birth: that alone is no news.
    const bool ready = event->readiness & POLLER_READABLE || http_clients_sends(all, event->fd);
    const bool drain = event->readiness & POLLER_END || all->server->local;
    if (ready) http_clients_serve(all, event->fd, drain);
  }
}

void http_epoll(server* server, const http_settings* settings) {
  http_clients all;
  poller_event events[EVENTS];
  http_clients_open(&all, server, settings);
  const int poller = poller_create();
  if (poller < 0) server_fail("poller_create");
  if (poller_add(poller, server->listener) < 0) server_fail("poller_add");
  if (poller_add(poller, server->stop) < 0) server_fail("poller_add");
  while (http_clients_remain(&all)) {
    const int count = poller_wait(poller, events, EVENTS, http_clients_timeout(&all));
    if (count < 0) server_wait_failed("poller_wait");
    for (int i = 0; i < count; i++) handle(&all, &events[i]);
    http_clients_turn(&all);
    accept_clients(&all, poller);
  }
  close(poller);
  http_clients_close(&all);
}
