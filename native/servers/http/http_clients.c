#include "http_clients.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  SLAB = 256 * 1024,    // with less, both ends of a large body wait for each other
  CHECK_INTERVAL = 250  // milliseconds
};

void http_clients_open(http_clients* all, server* server, const http_settings* settings) {
  *all = (http_clients){.server = server};
  http_service_open(&all->service, settings, SLAB);
}

void http_clients_close(http_clients* all) {
  for (int fd = 0; fd < all->capacity; fd++) http_clients_drop(all, fd);
  free(all->of);
  free(all->queue);
  http_service_close(&all->service);
}

void http_clients_drop(http_clients* all, int fd) {
  http_client* const client = &all->of[fd];
  if (client->connection == NULL) return;
  http_connection_close(client->connection);
  client->connection = NULL;
  all->count--;
  all->paused_until = 0;
}

static void settle(http_clients* all, int fd, http_outcome outcome) {
  http_client* const client = &all->of[fd];
  if (outcome == HTTP_CLOSED) http_clients_drop(all, fd);
  if (outcome != HTTP_AGAIN || client->queued) return;
  client->queued = true;
  all->queue[all->queued++] = fd;
}

bool http_clients_sends(const http_clients* all, int fd) {
  const http_connection* const connection = all->of[fd].connection;
  return connection != NULL && http_connection_sends(connection);
}

void http_clients_serve(http_clients* all, int fd, bool drain) {
  http_connection* const connection = all->of[fd].connection;
  if (connection != NULL) settle(all, fd, http_connection_run(&all->service, connection, drain));
}

static void check(http_clients* all) {
  for (int fd = 0; fd < all->capacity; fd++) {
    http_connection* const connection = all->of[fd].connection;
    if (connection == NULL) continue;
    settle(all, fd, http_connection_check(&all->service, connection, false));
  }
  all->next_check = all->service.now + CHECK_INTERVAL;
}

void http_clients_turn(http_clients* all) {
  http_service_update(&all->service);
  // Whoever is queued again meanwhile takes a place that was read already.
  const int count = all->queued;
  all->queued = 0;
  for (int i = 0; i < count; i++) {
    const int fd = all->queue[i];
    all->of[fd].queued = false;
    http_clients_serve(all, fd, true);
  }
  if (all->service.now >= all->next_check) check(all);
}

// Who sent a request before the stop gets an answer; who is idle is let go.
static void stop(http_clients* all) {
  all->stopping = true;
  all->waiting = true;
  all->drain_until = all->service.now + SERVER_LINGER;
  for (int fd = 0; fd < all->capacity; fd++) http_clients_serve(all, fd, true);
  check(all);
}

bool http_clients_remain(http_clients* all) {
  if (server_stopping() && !all->stopping) stop(all);
  return !all->stopping || all->count > 0 || all->server->listener >= 0;
}

static bool may_accept(const http_clients* all) {
  return all->waiting && all->server->listener >= 0 && all->count < all->service.settings->connections;
}

static int time_left(const http_clients* all, int64_t until) {
  const int64_t left = until - all->service.now;
  return left > 0 ? (int)left : 0;
}

int http_clients_timeout(const http_clients* all) {
  if (all->queued > 0) return 0;
  if (may_accept(all)) return time_left(all, all->paused_until);
  return all->count > 0 ? time_left(all, all->next_check) : -1;
}

// Returns whether there is room for `fd`.
static bool make_room(http_clients* all, int fd) {
  if (fd < all->capacity) return true;
  const int capacity = 2 * fd + 64;
  http_client* of = realloc(all->of, (size_t)capacity * sizeof *of);
  if (of == NULL) return false;
  all->of = of;
  int* queue = realloc(all->queue, (size_t)capacity * sizeof *queue);
  if (queue == NULL) return false;
  all->queue = queue;
  memset(all->of + all->capacity, 0, (size_t)(capacity - all->capacity) * sizeof *all->of);
  all->capacity = capacity;
  return true;
}

int http_clients_accept(http_clients* all) {
  if (all->stopping && all->service.now >= all->drain_until) server_close(all->server);
  if (!may_accept(all) || time_left(all, all->paused_until) > 0) return -1;
  const int fd = server_accept(all->server, true);
  if (fd < 0) {
    all->waiting = errno != EAGAIN;
    if (all->waiting) all->paused_until = all->service.now + SERVER_PAUSE;
    if (!all->waiting && all->stopping) server_close(all->server);
    return -1;
  }
  http_connection* const connection = make_room(all, fd) ? http_connection_open(&all->service, fd) : NULL;
  if (connection == NULL) {
    server_warn("malloc");
    close(fd);
    return -1;
  }
  all->of[fd].connection = connection;
  all->count++;
  if (all->stopping) {  // its request may have come by now; after that it is let go
    settle(all, fd, HTTP_AGAIN);
    all->next_check = 0;
  }
  return fd;
}
