#include "loops/clients.h"

#include <errno.h>
#include <unistd.h>

// The number of clients to accept before the others are served again.
enum { ACCEPTED = 64 };

static int time_left(int64_t until) {
  const int64_t left = until - server_now();
  return left > 0 ? (int)left : 0;
}

bool clients_remain(clients* all) {
  if (!server_stopping()) return true;
  if (!all->stopping) {
    all->stopping = true;
    all->waiting = true;
    all->drain_until = server_now() + SERVER_LINGER;
    all->program->stop(all);
  }
  // While the listener is open, clients that connected before the stop may still wait to be accepted.
  return all->server->listener >= 0 || all->program->remain(all);
}

static bool may_accept(const clients* all) {
  return all->waiting && all->server->listener >= 0 && all->count < all->most;
}

int clients_timeout(const clients* all) {
  const int due = all->program->timeout(all);
  if (!may_accept(all)) return due;
  const int pause = time_left(all->paused_until);
  return due >= 0 && due < pause ? due : pause;
}

// Accepts a client if one waits. Returns its descriptor, or -1.
static int accept_client(clients* all) {
  if (!may_accept(all) || time_left(all->paused_until) > 0) return -1;
  const int fd = server_accept(all->server, true);
  if (fd < 0) {
    all->waiting = errno != EAGAIN;
    if (all->waiting) all->paused_until = server_now() + SERVER_PAUSE;
    if (!all->waiting && all->stopping) server_close(all->server);
    return -1;
  }
  all->count++;
  if (all->program->open(all, fd)) return fd;
  all->count--;
  server_warn("malloc");
  close(fd);
  return -1;
}

void clients_turn(clients* all, bool (*watch)(void* context, int fd), void* context) {
  all->program->turn(all);
  if (all->stopping && server_now() >= all->drain_until) server_close(all->server);
  for (int i = 0; i < ACCEPTED; i++) {
    const int fd = accept_client(all);
    if (fd < 0) return;
    if (!watch(context, fd)) clients_close(all, fd);
  }
}

void clients_close(clients* all, int fd) {
  if (fd >= all->capacity || all->program->events(all, fd) == 0) return;
  all->program->close(all, fd);
  all->count--;
  all->paused_until = 0;
}

void clients_end(clients* all) {
  for (int fd = 0; fd < all->capacity; fd++) clients_close(all, fd);
}
