// One client at a time, or a thread for each: the calls do the waiting.
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "http.h"
#include "http_connection.h"

enum {
  SLAB = 64 * 1024,
  STACK = 128 * 1024,
  TICK = 250  // milliseconds that a call may wait before the clock and the stop are looked at
};

// Returns the next client, or -1 once a stop was asked for.
static int accept_client(const server* server) {
  while (!server_stopping()) {
    // accept(2) alone would sleep through a signal that comes just before it.
    if (!server_wait(server, server->listener, POLLIN, -1)) continue;
    const int client = server_accept(server, false);
    if (client >= 0) return client;
    if (errno != EAGAIN) server_wait(server, -1, 0, SERVER_PAUSE);
  }
  return -1;
}

// Serves the client to its end; an idle one makes way when others wait for `listener`, if that is
// not -1.
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
  for (int client; (client = accept_client(server)) >= 0;) {
    serve(server, server->listener, settings, client);
  }
  int* clients;
  for (int count; (count = server_backlog(server, &clients)) > 0; free(clients)) {
    for (int i = 0; i < count; i++) serve(server, -1, settings, clients[i]);
  }
}

// The threads are detached: nobody collects them, so each says when it ends.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static int running;

typedef struct {
  const server* server;
  const http_settings* settings;
  int client;
} task;

static void* run(void* argument) {
  task* mine = argument;
  serve(mine->server, -1, mine->settings, mine->client);
  free(mine);
  pthread_mutex_lock(&lock);
  running--;
  pthread_cond_signal(&ended);
  pthread_mutex_unlock(&lock);
  return NULL;
}

// Returns whether it has started. Sets errno if not.
static bool start_thread(task its, const pthread_attr_t* attributes) {
  task* argument = malloc(sizeof *argument);
  if (argument != NULL) *argument = its;
  pthread_t thread;
  pthread_mutex_lock(&lock);
  const int error = argument == NULL ? ENOMEM : pthread_create(&thread, attributes, run, argument);
  if (error == 0) running++;
  pthread_mutex_unlock(&lock);
  if (error == 0) return true;
  free(argument);
  errno = error;
  return false;
}

// Where there is no room for another thread, the client waits until there is; after a stop, for the end of those that
// run.
static void hand_over(task its, const pthread_attr_t* attributes) {
  for (;;) {
    if (start_thread(its, attributes)) return;
    server_pause("pthread_create");
    pthread_mutex_lock(&lock);
    const bool hopeless = server_stopping() && running == 0;
    pthread_mutex_unlock(&lock);
    if (!hopeless) continue;
    close(its.client);
    return;
  }
}

// Waits until at most `most` threads run.
static void wait_for_threads(int most) {
  pthread_mutex_lock(&lock);
  while (running > most) pthread_cond_wait(&ended, &lock);
  pthread_mutex_unlock(&lock);
}

void http_threads(server* server, const http_settings* settings) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK);
  for (int client; (client = accept_client(server)) >= 0;) {
    hand_over((task){server, settings, client}, &attributes);
    wait_for_threads(settings->connections - 1);
  }
  int* clients;
  for (int count; (count = server_backlog(server, &clients)) > 0; free(clients)) {
    for (int i = 0; i < count; i++) hand_over((task){server, settings, clients[i]}, &attributes);
  }
  pthread_attr_destroy(&attributes);
  wait_for_threads(0);
}
