// A thread for each client: its calls do the waiting.
#ifndef BSD_SOCKETS_SERVERS_LOOPS_THREADS_H
#define BSD_SOCKETS_SERVERS_LOOPS_THREADS_H

#include <stddef.h>

#include "server.h"

typedef struct {
  // Serves a client to its end, or until a stop was asked for and it has got what was its by then; and closes it.
  void (*serve)(const server* server, int client, const void* context);
  const void* context;
  size_t stack;  // of each thread, in bytes
  int most;      // threads at a time
} threads_program;

// Returns when a stop was asked for, and all clients are served.
void threads(server* server, const threads_program* program);

#endif
