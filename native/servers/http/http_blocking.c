// One client at a time, or a thread for each, in calls that block.
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "http.h"
#include "http_connection.h"
#include "loops/threads.h"

enum {
  SLAB = 256 * 1024,
  STACK = 128 * 1024,
  TICK = 250  // milliseconds that a call may wait before the clock and the stop are checked
};

// Serves the client to its end. An idle client is closed if others wait at `listener`, unless that is -1.
static void serve(const server* server, int listener, const http_settings* settings, int client) {
  const struct timeval tick = {.tv_usec = TICK * 1000};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
  setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &tick, sizeof tick);
  http_service service;
  http_service_open(&service, settings, SLAB);
  http_connection* connection = http_connection_open(&service, client);
  if (connection == NULL) {
    server_warn("malloc");
    close(client);
    http_service_close(&service);
    return;
  }
  while (http_connection_run(&service, connection, true) != HTTP_CLOSED) {
    http_service_update(&service);
    const bool others_wait = listener >= 0 && server_wait(server, listener, POLLIN, 0);
    if (http_connection_check(&service, connection, others_wait) == HTTP_CLOSED) break;
  }
  http_connection_close(connection);
  http_service_close(&service);
}

void http_blocking(server* server, const http_settings* settings) {
  for (int client; (client = server_next(server)) >= 0;) {
    serve(server, server->listener, settings, client);
  }
  int* clients;
  for (int count; (count = server_backlog(server, &clients)) > 0; free(clients)) {
    for (int i = 0; i < count; i++) serve(server, -1, settings, clients[i]);
  }
}

static void serve_to_end(const server* server, int client, const void* settings) {
  serve(server, -1, settings, client);
}

void http_threads(server* server, const http_settings* settings) {
  const threads_program program = {
      .serve = serve_to_end, .context = settings, .stack = STACK, .most = settings->connections};
  threads(server, &program);
}
