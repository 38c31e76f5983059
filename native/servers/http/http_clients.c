// The clients of http, for the loops of select, poll and epoll.
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http.h"
#include "http_connection.h"

enum {
  SLAB = 256 * 1024,    // with less, both ends of a large body would wait for each other
  CHECK_INTERVAL = 250  // milliseconds
};

typedef struct {
  http_connection* connection;  // NULL for none
  bool queued;
} client;

typedef struct {
  clients clients;
  http_service service;
  client* of;  // by descriptor
  int* queue;  // descriptors to serve again without being reported ready
  int queued;
  int64_t next_check;  // when to check the timeouts
} http_clients;

static http_clients* own(const clients* all) {
  return (http_clients*)all;
}

static void settle(clients* all, int fd, http_outcome outcome) {
  client* const its = &own(all)->of[fd];
  if (outcome == HTTP_CLOSED) clients_close(all, fd);
  if (outcome != HTTP_AGAIN || its->queued) return;
  its->queued = true;
  own(all)->queue[own(all)->queued++] = fd;
}

static short events(const clients* all, int fd) {
  const http_connection* const connection = own(all)->of[fd].connection;
  return connection == NULL ? 0 : http_connection_sends(connection) ? POLLOUT : POLLIN;
}

static void run(clients* all, int fd, bool drain) {
  http_connection* const connection = own(all)->of[fd].connection;
  if (connection != NULL) settle(all, fd, http_connection_run(&own(all)->service, connection, drain));
}

// A connection itself limits its work at a time; those with more to do are in the queue.
static bool serve(clients* all, int fd, int turns, bool drain) {
  (void)turns;
  run(all, fd, drain);
  return false;
}

static void check(clients* all) {
  http_clients* mine = own(all);
  for (int fd = 0; fd < all->capacity; fd++) {
    http_connection* const connection = mine->of[fd].connection;
    if (connection == NULL) continue;
    settle(all, fd, http_connection_check(&mine->service, connection, false));
  }
  mine->next_check = mine->service.now + CHECK_INTERVAL;
}

static void turn(clients* all) {
  http_clients* mine = own(all);
  http_service_update(&mine->service);
  // A client that is queued again meanwhile takes an entry that was read already.
  const int count = mine->queued;
  mine->queued = 0;
  for (int i = 0; i < count; i++) {
    const int fd = mine->queue[i];
    mine->of[fd].queued = false;
    run(all, fd, true);
  }
  if (mine->service.now >= mine->next_check) check(all);
}

static int timeout(const clients* all) {
  const http_clients* mine = own(all);
  if (mine->queued > 0) return 0;
  if (all->count == 0) return -1;
  const int64_t left = mine->next_check - mine->service.now;
  return left > 0 ? (int)left : 0;
}

// A request from before the stop is answered; an idle client is closed.
static void stop(clients* all) {
  for (int fd = 0; fd < all->capacity; fd++) run(all, fd, true);
  check(all);
}

static bool remain(clients* all) {
  return all->count > 0;
}

// Returns whether there is room for `fd`.
static bool make_room(clients* all, int fd) {
  http_clients* mine = own(all);
  if (fd < all->capacity) return true;
  const int capacity = 2 * fd + 64;
  client* of = realloc(mine->of, (size_t)capacity * sizeof *of);
  if (of == NULL) return false;
  mine->of = of;
  int* queue = realloc(mine->queue, (size_t)capacity * sizeof *queue);
  if (queue == NULL) return false;
  mine->queue = queue;
  memset(of + all->capacity, 0, (size_t)(capacity - all->capacity) * sizeof *of);
  all->capacity = capacity;
  return true;
}

static bool open_client(clients* all, int fd) {
  http_clients* mine = own(all);
  http_connection* const connection = make_room(all, fd) ? http_connection_open(&mine->service, fd) : NULL;
  if (connection == NULL) return false;
  mine->of[fd].connection = connection;
  if (all->stopping) {  // its request may have arrived; after that it is closed
    settle(all, fd, HTTP_AGAIN);
    mine->next_check = 0;
  }
  return true;
}

static void close_client(clients* all, int fd) {
  http_connection_close(own(all)->of[fd].connection);
  own(all)->of[fd].connection = NULL;
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

void http_clients_serve(server* server, const http_settings* settings, clients_loop* loop) {
  http_clients all = {.clients = {.program = &program, .server = server, .most = settings->connections}};
  http_service_open(&all.service, settings, SLAB);
  loop(&all.clients);
  free(all.of);
  free(all.queue);
  http_service_close(&all.service);
}
