// A thread for each client, whose calls block.
#ifndef BSD_SOCKETS_SERVERS_LOOPS_THREADS_H
#define BSD_SOCKETS_SERVERS_LOOPS_THREADS_H

#include <stddef.h>

#include "server.h"

typedef struct {
  // Serves a client to its end, or until a stop is requested and it has got what it had requested before; closes it.
  void (*serve)(const server* server, int client, const void* context);
  const void* context;
  size_t stack;  // of each thread, in bytes
  int most;      // threads at a time
} threads_program;

// Returns when a stop was requested and all clients are served.
void threads(server* server, const threads_program* program);

#endif
