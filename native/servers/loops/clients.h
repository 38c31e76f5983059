// The clients of a server that asks the kernel which of them are ready. The loops, in a file for each system call, know
// only a client's descriptor; a program implements `clients_program` to serve it.
#ifndef BSD_SOCKETS_SERVERS_LOOPS_CLIENTS_H
#define BSD_SOCKETS_SERVERS_LOOPS_CLIENTS_H

#include "loops/modes.h"
#include "server.h"

typedef struct clients clients;

// The functions of a program.
typedef struct {
  // Takes ownership of a descriptor, and makes room for it in `capacity`. Returns false if memory is lacking: then the
  // caller still owns the descriptor.
  bool (*open)(clients* all, int fd);
  void (*close)(clients* all, int fd);
  // The events that the client waits for: POLLIN, POLLOUT; 0 if there is no such client.
  short (*events)(const clients* all, int fd);
  // Serves a client that may be ready, at most `turns` times. Returns whether more may be possible although the kernel
  // does not report the client again. A receive that gives less than was asked for is the last one, unless `drain`: see
  // POLLER_END. Does nothing if there is no such client.
  bool (*serve)(clients* all, int fd, int turns, bool drain);
  // Does the work that is due after each wait.
  void (*turn)(clients* all);
  // The time until such work is due, in milliseconds; -1: no limit.
  int (*timeout)(const clients* all);
  // Called at a stop: clients that connected before it are still answered.
  void (*stop)(clients* all);
  // Whether, after a stop, a client is still to be waited for.
  bool (*remain)(clients* all);
} clients_program;

struct clients {
  const clients_program* program;
  server* server;
  int most;      // clients at a time; others wait to be accepted
  int capacity;  // one more than the highest descriptor with room
  int count;
  bool stopping;
  bool waiting;          // clients may be waiting to be accepted; to be set when the listener is readable
  int64_t paused_until;  // accept found no free descriptor: see SERVER_PAUSE
  int64_t drain_until;   // after a stop: how long clients may wait for a free descriptor
};

// A loop returns when a stop was requested and the clients have got what they had requested before it.
typedef void clients_loop(clients* all);
#define CLIENTS_CALLS(name)
#define CLIENTS_LOOP(name) clients_loop clients_##name;
MODES(CLIENTS_CALLS, CLIENTS_LOOP)

// For the loops.

// Whether to go on; to be called before each wait. True until a stop is requested, then as long as the program needs.
bool clients_remain(clients* all);

// The timeout of the next wait, in milliseconds; -1: no limit.
int clients_timeout(const clients* all);

// To be called after each wait: does the work that is due, and accepts waiting clients, a limited number at a time. If
// `watch` returns false for a client, it is closed.
void clients_turn(clients* all, bool (*watch)(void* context, int fd), void* context);

// Closes a client. Does nothing if there is no such client.
void clients_close(clients* all, int fd);

// Closes all clients.
void clients_end(clients* all);

#endif
