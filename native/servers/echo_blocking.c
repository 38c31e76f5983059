// One client at a time, or a thread for each: the calls do the waiting.
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echo.h"
#include "socket.h"

enum { BUFFER = 64 * 1024, STACK = 2 * BUFFER };

// Returns the next client, or -1 once a stop was asked for.
static int accept_client(const server* server) {
  while (!server_stopping()) {
    // poll(2) watches the stop, too: accept(2) alone would sleep through a signal that comes just before it.
    if (!server_wait(server, server->listener, POLLIN, -1)) continue;
    const int client = server_accept(server, false);
    if (client >= 0) return client;
    if (errno != EAGAIN) server_wait(server, -1, 0, SERVER_PAUSE);
  }
  return -1;
}

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

// Receives at most `size` bytes and sends them back. Returns how many, or 0 if the client has ended.
static size_t echo(int client, char* buffer, size_t size) {
  ssize_t count;
  do count = recv(client, buffer, size, 0);
  while (count < 0 && errno == EINTR);
  return count > 0 && send_all(client, buffer, (size_t)count) ? (size_t)count : 0;
}

// Serves a client until it ends, or until a stop was asked for, which returns false.
static bool serve(const server* server, int client, char* buffer) {
  while (!server_stopping()) {
    // recv(2) alone would, too.
    if (!server_wait(server, client, POLLIN, -1)) continue;
    if (echo(client, buffer, BUFFER) == 0) return true;
  }
  return false;
}

// Sends back what has arrived by now, says that no more will come, and waits a little for the client to say the
// same: see SERVER_LINGER.
static void finish(int client, char* buffer) {
  int arrived = 0;
  ioctl(client, FIONREAD, &arrived);
  while (arrived > 0) {
    const size_t count = echo(client, buffer, arrived < BUFFER ? (size_t)arrived : BUFFER);
    if (count == 0) return;
    arrived -= (int)count;
  }
  shutdown(client, SHUT_WR);
  const int64_t end = server_now() + SERVER_LINGER;
  struct pollfd readable = {.fd = client, .events = POLLIN};
  for (int64_t left = SERVER_LINGER; left > 0; left = end - server_now()) {
    if (poll(&readable, 1, (int)left) > 0 && recv(client, buffer, BUFFER, 0) <= 0) return;
  }
}

void echo_blocking(server* server) {
  char buffer[BUFFER];
  for (int client; (client = accept_client(server)) >= 0; close(client)) {
    if (serve(server, client, buffer)) continue;
    server_close(server);
    finish(client, buffer);
  }
}

// The threads are detached: nobody collects them, so each says when it ends.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t none_running = PTHREAD_COND_INITIALIZER;
static int running;

typedef struct {
  const server* server;
  int client;
} task;

static void* run(void* argument) {
  const task mine = *(task*)argument;
  free(argument);
  char buffer[BUFFER];
  if (!serve(mine.server, mine.client, buffer)) finish(mine.client, buffer);
  close(mine.client);
  pthread_mutex_lock(&lock);
  if (--running == 0) pthread_cond_signal(&none_running);
  pthread_mutex_unlock(&lock);
  return NULL;
}

static void start_thread(const server* server, int client, const pthread_attr_t* attributes) {
  task* its = malloc(sizeof *its);
  if (its != NULL) *its = (task){.server = server, .client = client};
  pthread_t thread;
  pthread_mutex_lock(&lock);
  const int error = its == NULL ? ENOMEM : pthread_create(&thread, attributes, run, its);
  if (error == 0) running++;
  pthread_mutex_unlock(&lock);
  if (error == 0) return;
  errno = error;
  server_warn("pthread_create");
  free(its);
  close(client);
}

void echo_threads(server* server) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK);
  for (int client; (client = accept_client(server)) >= 0;) {
    start_thread(server, client, &attributes);
  }
  pthread_attr_destroy(&attributes);
  server_close(server);
  pthread_mutex_lock(&lock);
  while (running > 0) pthread_cond_wait(&none_running, &lock);
  pthread_mutex_unlock(&lock);
}
