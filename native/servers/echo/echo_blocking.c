// One client at a time, or a thread for each, in calls that block.
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echo.h"
#include "loops/threads.h"
#include "socket.h"

enum { BUFFER = 256 * 1024, STACK = 64 * 1024 };

static bool send_all(int client, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t count = send(client, data, size, socket_send_flags);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    data += count;
    size -= (size_t)count;
  }
  return true;
}

// Receives at most `size` bytes and sends them back. Returns their number; 0 if the client has ended.
static size_t echo(int client, char* buffer, size_t size) {
  ssize_t count;
  do count = recv(client, buffer, size, 0);
  while (count < 0 && errno == EINTR);
  return count > 0 && send_all(client, buffer, (size_t)count) ? (size_t)count : 0;
}

// Serves a client until it ends. Returns false if a stop is requested before.
static bool serve(const server* server, int client, char* buffer) {
  while (!server_stopping()) {
    // recv(2) alone would, too.
    if (!server_wait(server, client, POLLIN, -1)) continue;
    if (echo(client, buffer, BUFFER) == 0) return true;
  }
  return false;
}

// Sends back the bytes that have arrived so far, and tells the client that no more follows.
static void finish(int client, char* buffer) {
  int arrived = 0;
  ioctl(client, FIONREAD, &arrived);
  while (arrived > 0) {
    const size_t count = echo(client, buffer, arrived < BUFFER ? (size_t)arrived : BUFFER);
    if (count == 0) return;
    arrived -= (int)count;
  }
  shutdown(client, SHUT_WR);
}

// After a stop: finishes the clients, waits a short time until they stop sending too (see SERVER_LINGER), and closes
// them.
static void leave(struct pollfd* clients, int count, char* buffer) {
  for (int i = 0; i < count; i++) finish(clients[i].fd, buffer);
  const int64_t end = server_now() + SERVER_LINGER;
  int remaining = count;
  for (int64_t left = SERVER_LINGER; remaining > 0 && left > 0; left = end - server_now()) {
    if (poll(clients, (nfds_t)count, (int)left) < 0) server_wait_failed("poll");
    for (int i = 0; i < count; i++) {
      if (clients[i].revents == 0 || recv(clients[i].fd, buffer, BUFFER, 0) > 0) continue;
      close(clients[i].fd);
      clients[i] = (struct pollfd){.fd = -1};  // poll(2) ignores it
      remaining--;
    }
  }
  for (int i = 0; i < count; i++) {
    if (clients[i].fd >= 0) close(clients[i].fd);
  }
}

// After a stop: finishes the client that is being served (-1: none), and those that connected before the stop.
static void leave_all(server* server, int last, char* buffer) {
  int* backlog;
  for (int count; (count = server_backlog(server, &backlog)) > 0 || last >= 0; last = -1) {
    struct pollfd* clients = calloc((size_t)count + 1, sizeof *clients);
    if (clients == NULL) server_fail("calloc");
    for (int i = 0; i < count; i++) clients[i] = (struct pollfd){.fd = backlog[i], .events = POLLIN};
    if (last >= 0) clients[count++] = (struct pollfd){.fd = last, .events = POLLIN};
    leave(clients, count, buffer);
    free(clients);
    free(backlog);
  }
}

void echo_blocking(server* server) {
  char* const buffer = server_room(BUFFER);
  if (buffer == NULL) server_fail("posix_memalign");
  int client;
  while ((client = server_next(server)) >= 0 && serve(server, client, buffer)) close(client);
  leave_all(server, client, buffer);
  server_room_free(buffer);
}

static void serve_to_end(const server* server, int client, const void* context) {
  (void)context;
  char* const buffer = server_room(BUFFER);
  struct pollfd its = {.fd = client, .events = POLLIN};
  if (buffer == NULL) server_warn("posix_memalign");
  if (buffer == NULL || serve(server, client, buffer)) {
    close(client);
  } else {
    leave(&its, 1, buffer);
  }
  server_room_free(buffer);
}

void echo_threads(server* server) {
  threads(server, &(threads_program){.serve = serve_to_end, .stack = STACK, .most = INT_MAX});
}
