#include "echo_clients.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket.h"

// One for all: it is empty again before the next client's turn.
static char buffer[256 * 1024];

// Once a stop was asked for: tells a client that has got everything back that no more will come.
static void leave_if_even(clients* all, int fd) {
  client* one = &all->of[fd];
  if (!all->stopping || one->leaving || one->awaited > 0 || one->unsent != NULL) return;
  one->leaving = true;
  all->leaving++;
  shutdown(fd, SHUT_WR);
}

// Fixes what the client is still to get back: what has arrived by now.
static void leave(clients* all, int fd) {
  client* one = &all->of[fd];
  if (ioctl(fd, FIONREAD, &one->awaited) < 0) one->awaited = 0;
  leave_if_even(all, fd);
}

static void stop(clients* all) {
  all->stopping = true;
  all->waiting = true;
  all->drain_until = server_now() + SERVER_LINGER;
  for (int fd = 0; fd < all->capacity; fd++) {
    if (all->of[fd].open) leave(all, fd);
  }
}

// Whether, after a stop, some may still wait to be accepted who had connected by then.
static bool draining(const clients* all) {
  return all->stopping && all->server->listener >= 0;
}

bool clients_remain(clients* all) {
  if (!server_stopping()) return true;
  if (!all->stopping) stop(all);
  if (draining(all) || all->count > all->leaving) return true;
  if (all->leave_until == 0) all->leave_until = server_now() + SERVER_LINGER;
  return all->count > 0 && server_now() < all->leave_until;
}

static int time_left(int64_t until) {
  const int64_t left = until - server_now();
  return left > 0 ? (int)left : 0;
}

int clients_timeout(const clients* all) {
  if (all->leave_until != 0) return time_left(all->leave_until);
  if (all->waiting && (!all->stopping || draining(all))) return time_left(all->paused_until);
  return -1;
}

// Returns whether there is room for `fd`.
static bool make_room(clients* all, int fd) {
  if (fd < all->capacity) return true;
  const int capacity = 2 * fd + 64;
  client* of = realloc(all->of, (size_t)capacity * sizeof *of);
  if (of == NULL) return false;
  memset(of + all->capacity, 0, (size_t)(capacity - all->capacity) * sizeof *of);
  all->of = of;
  all->capacity = capacity;
  return true;
}

int clients_accept(clients* all) {
  if (draining(all) && server_now() >= all->drain_until) server_close(all->server);
  if (!all->waiting || all->server->listener < 0 || time_left(all->paused_until) > 0) return -1;
  const int fd = server_accept(all->server, true);
  if (fd < 0) {
    all->waiting = errno != EAGAIN;
    if (all->waiting) all->paused_until = server_now() + SERVER_PAUSE;
    if (!all->waiting && all->stopping) server_close(all->server);
    return -1;
  }
  if (!make_room(all, fd)) {
    server_warn("realloc");
    close(fd);
    return -1;
  }
  all->of[fd].open = true;
  all->count++;
  if (all->stopping) leave(all, fd);
  return fd;
}

void clients_close(clients* all, int fd) {
  client* one = &all->of[fd];
  close(fd);
  free(one->unsent);
  all->count--;
  if (one->leaving) all->leaving--;
  *one = (client){0};
  all->paused_until = 0;
}

void clients_end(clients* all) {
  for (int fd = 0; fd < all->capacity; fd++) {
    if (all->of[fd].open) clients_close(all, fd);
  }
  free(all->of);
}

// Sends what is unsent. Returns false if some of it still is, errno telling why.
static bool flush(client* one, int fd) {
  while (one->start < one->end) {
    const ssize_t count = send(fd, one->unsent + one->start, one->end - one->start, socket_send_flags);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    one->start += (size_t)count;
  }
  free(one->unsent);
  one->unsent = NULL;
  return true;
}

// Sends the first `size` bytes of the buffer and keeps what the kernel does not take. Returns false if the client
// is lost.
static bool answer(client* one, int fd, size_t size) {
  const ssize_t count = send(fd, buffer, size, socket_send_flags);
  if (count == (ssize_t)size) return true;
  if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
  const size_t sent = count < 0 ? 0 : (size_t)count;
  one->unsent = malloc(size - sent);
  if (one->unsent == NULL) {
    server_warn("malloc");
    return false;
  }
  memcpy(one->unsent, buffer + sent, size - sent);
  one->start = 0;
  one->end = size - sent;
  return true;
}

// What of the buffer to receive into.
static size_t room(const clients* all, const client* one) {
  const bool limited = all->stopping && !one->leaving && (size_t)one->awaited < sizeof buffer;
  return limited ? (size_t)one->awaited : sizeof buffer;
}

bool clients_serve(clients* all, int fd, int turns, bool drain) {
  client* one = &all->of[fd];
  if (!one->open) return false;
  for (; turns > 0; turns--) {
    if (one->unsent != NULL) {
      if (!flush(one, fd)) {
        if (errno != EAGAIN) clients_close(all, fd);
        return false;
      }
      drain = true;  // what came meanwhile was told of once, and not received
    }
    leave_if_even(all, fd);
    const size_t wanted = room(all, one);
    const ssize_t count = recv(fd, buffer, wanted, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return false;
    // Nothing is unsent here: at end-of-file the client has got everything back.
    if (count <= 0 || (!one->leaving && !answer(one, fd, (size_t)count))) {
      clients_close(all, fd);
      return false;
    }
    if (all->stopping && !one->leaving) one->awaited -= (int)count;
    leave_if_even(all, fd);
    if (!drain && one->unsent == NULL && (size_t)count < wanted) return false;
  }
  return true;
}
