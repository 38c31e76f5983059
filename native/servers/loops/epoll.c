// The kernel keeps the list of descriptors, and reports each once when it becomes ready. So a client is served until it
// would block. epoll(7), or kqueue(2) on macOS: poller.h hides which.
#include <poll.h>
#include <unistd.h>

#include "loops/clients.h"
#include "poller.h"

enum { EVENTS = 256, TURNS = 4 };

static bool watch(void* poller, int fd) {
  if (poller_add(*(int*)poller, fd) == 0) return true;
  server_warn("poller_add");
  return false;
}

static void serve(clients* all, int poller, const poller_event* event) {
  const int fd = event->fd;
  // A new socket is writable: ignored unless the client waits for that.
  if (!(event->readiness & POLLER_READABLE) && all->program->events(all, fd) != POLLOUT) return;
  const bool drain = event->readiness & POLLER_END || all->server->local || all->stopping;
  if (!all->program->serve(all, fd, TURNS, drain)) return;
  // It may still be ready. Removed and added, it is reported again, after the others.
  if (poller_remove(poller, fd) < 0 || poller_add(poller, fd) < 0) {
    server_warn("poller_add");
    clients_close(all, fd);
  }
}

void clients_epoll(clients* all) {
  const int listener = all->server->listener, stop = all->server->stop;
  poller_event events[EVENTS];
  int poller = poller_create();
  if (poller < 0) server_fail("poller_create");
  if (poller_add(poller, listener) < 0 || poller_add(poller, stop) < 0) server_fail("poller_add");
  while (clients_remain(all)) {
    const int count = poller_wait(poller, events, EVENTS, clients_timeout(all));
    if (count < 0) server_wait_failed("poller_wait");
    for (int i = 0; i < count; i++) {
      if (events[i].fd == all->server->listener) {
        all->waiting = true;
      } else if (events[i].fd != stop) {
        serve(all, poller, &events[i]);
      }
    }
    clients_turn(all, watch, &poller);
  }
  clients_end(all);
  close(poller);
}
