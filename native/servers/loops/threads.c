#include "loops/threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

// The threads are detached, so each counts itself out at its end.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static int running;

typedef struct {
  const threads_program* program;
  const server* server;
  int client;
} task;

static void* run(void* argument) {
  const task mine = *(task*)argument;
  free(argument);
  mine.program->serve(mine.server, mine.client, mine.program->context);
  pthread_mutex_lock(&lock);
  running--;
  pthread_cond_signal(&ended);
  pthread_mutex_unlock(&lock);
  return NULL;
}

// Returns false and sets errno if the thread cannot be started.
static bool start(task its, const pthread_attr_t* attributes) {
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

// If no thread can be started, the client waits until one can. After a stop with no thread running, none can: the
// client is closed.
static void hand_over(task its, const pthread_attr_t* attributes) {
  for (;;) {
    if (start(its, attributes)) return;
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

void threads(server* server, const threads_program* program) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, program->stack);
  for (int client; (client = server_next(server)) >= 0;) {
    hand_over((task){program, server, client}, &attributes);
    wait_for_threads(program->most - 1);
  }
  int* clients;
  for (int count; (count = server_backlog(server, &clients)) > 0; free(clients)) {
    for (int i = 0; i < count; i++) hand_over((task){program, server, clients[i]}, &attributes);
  }
  pthread_attr_destroy(&attributes);
  wait_for_threads(0);
}
