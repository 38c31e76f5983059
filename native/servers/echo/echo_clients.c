// The clients of echo, for the loops of select, poll and epoll.
//
// A client has two states. Usually `unsent` is NULL: bytes are received and sent back at once. Bytes that the kernel
// does not take are kept in `unsent`, and nothing more is received until all of them are sent. So a client that does
// not read only slows itself down, and needs one buffer at most.
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echo.h"
#include "socket.h"

typedef struct {
  bool open;
  bool leaving;       // after a stop: it has got everything back; what it still sends is dropped
  int awaited;        // after a stop: the number of its bytes that are still to be received
  char* unsent;       // from malloc(3), or NULL: waits to be writable instead of readable
  size_t start, end;  // the part that is left of it
} client;

typedef struct {
  clients clients;
  client* of;           // by descriptor
  int leaving;          // the number of those that are
  int64_t leave_until;  // see SERVER_LINGER
} echo_clients;

static echo_clients* own(const clients* all) {
  return (echo_clients*)all;
}

enum { BUFFER = 256 * 1024 };

// One for all clients: it is empty before the next client is served.
static char* buffer;

// After a stop: tells a client that has got everything back that no more follows.
static void leave_if_even(clients* all, int fd) {
  client* one = &own(all)->of[fd];
  if (!all->stopping || one->leaving || one->awaited > 0 || one->unsent != NULL) return;
  one->leaving = true;
  own(all)->leaving++;
  shutdown(fd, SHUT_WR);
}

// Fixes what the client still gets back: the bytes that have arrived so far.
static void leave(clients* all, int fd) {
  client* one = &own(all)->of[fd];
  if (ioctl(fd, FIONREAD, &one->awaited) < 0) one->awaited = 0;
  leave_if_even(all, fd);
}

static void stop(clients* all) {
  for (int fd = 0; fd < all->capacity; fd++) {
    if (own(all)->of[fd].open) leave(all, fd);
  }
}

// Waits a short time for the clients that have got everything back.
static bool remain(clients* all) {
  echo_clients* mine = own(all);
  if (all->count > mine->leaving) return true;
  if (mine->leave_until == 0) mine->leave_until = server_now() + SERVER_LINGER;
  return all->count > 0 && server_now() < mine->leave_until;
}

static int timeout(const clients* all) {
  if (own(all)->leave_until == 0) return -1;
  const int64_t left = own(all)->leave_until - server_now();
  return left > 0 ? (int)left : 0;
}

static void turn(clients* all) {
  (void)all;
}

// Returns whether there is room for `fd`.
static bool make_room(clients* all, int fd) {
  if (fd < all->capacity) return true;
  const int capacity = 2 * fd + 64;
  client* of = realloc(own(all)->of, (size_t)capacity * sizeof *of);
  if (of == NULL) return false;
  memset(of + all->capacity, 0, (size_t)(capacity - all->capacity) * sizeof *of);
  own(all)->of = of;
  all->capacity = capacity;
  return true;
}

static bool open_client(clients* all, int fd) {
  if (!make_room(all, fd)) return false;
  own(all)->of[fd].open = true;
  if (all->stopping) leave(all, fd);
  return true;
}

static void close_client(clients* all, int fd) {
  client* one = &own(all)->of[fd];
  close(fd);
  free(one->unsent);
  if (one->leaving) own(all)->leaving--;
  *one = (client){0};
}

static short events(const clients* all, int fd) {
  const client* one = &own(all)->of[fd];
  return !one->open ? 0 : one->unsent != NULL ? POLLOUT : POLLIN;
}

// Sends the unsent bytes. Returns false and sets errno if some are left.
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

// Sends the first `size` bytes of the buffer, and keeps those that the kernel does not take. Returns false if the
// client is lost.
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

// The bytes of the buffer to receive into.
static size_t room(const clients* all, const client* one) {
  const bool limited = all->stopping && !one->leaving && (size_t)one->awaited < BUFFER;
  return limited ? (size_t)one->awaited : BUFFER;
}

static bool serve(clients* all, int fd, int turns, bool drain) {
  client* one = &own(all)->of[fd];
  if (!one->open) return false;
  for (; turns > 0; turns--) {
    if (one->unsent != NULL) {
      if (!flush(one, fd)) {
        if (errno != EAGAIN) clients_close(all, fd);
        return false;
      }
      drain = true;  // bytes that arrived meanwhile were reported once, and are not received
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

static const clients_program program = {
    .open = open_client,
    .close = close_client,
    .events = events,
    .serve = serve,
    .turn = turn,
    .timeout = timeout,
    .stop = stop,
    .remain = remain,
};

void echo_clients_serve(server* server, clients_loop* loop) {
  echo_clients all = {.clients = {.program = &program, .server = server, .most = INT_MAX}};
  buffer = server_room(BUFFER);
  if (buffer == NULL) server_fail("posix_memalign");
  loop(&all.clients);
  server_room_free(buffer);
  free(all.of);
}
