// The clients of a server that asks the kernel which of them are ready. The loops, in a file for each system call, know
// a client by its descriptor alone; what is done with one stands behind `clients_program`.
#ifndef BSD_SOCKETS_SERVERS_LOOPS_CLIENTS_H
#define BSD_SOCKETS_SERVERS_LOOPS_CLIENTS_H

#include "server.h"

typedef struct clients clients;

// What a program does with its clients.
typedef struct {
  // Takes over a descriptor, and makes room for it in `capacity`. Returns false where there is no memory: the
  // descriptor is still the caller's.
  bool (*open)(clients* all, int fd);
  void (*close)(clients* all, int fd);
  // What the client waits for: POLLIN, POLLOUT, or 0 where there is no such client.
  short (*events)(const clients* all, int fd);
  // Serves a client that may be ready, at most `turns` times. Returns whether it may have more to do although the
  // kernel does not report it again. A receive that gives less than was asked for is the last one, unless the client is
  // to be drained: see POLLER_END. Does nothing where there is no such client.
  bool (*serve)(clients* all, int fd, int turns, bool drain);
  // What is due after each wait.
  void (*turn)(clients* all);
  // How long that can wait, in milliseconds; -1: no limit.
  int (*timeout)(const clients* all);
  // A stop was asked for: who had connected by then is still to be answered.
  void (*stop)(clients* all);
  // Whether, after that, there is still somebody to wait for.
  bool (*remain)(clients* all);
} clients_program;

struct clients {
  const clients_program* program;
  server* server;
  int most;      // clients at a time; more wait to be accepted
  int capacity;  // one more than the highest descriptor that there is room for
  int count;
  bool stopping;
  bool waiting;          // clients may wait to be accepted; to be set when the listener is readable
  int64_t paused_until;  // accept found no free descriptor: see SERVER_PAUSE
  int64_t drain_until;   // after a stop: how long clients may wait for a descriptor to be accepted
};

// A loop returns when a stop was asked for and the clients have got what was theirs by then.
typedef void clients_loop(clients* all);
clients_loop clients_select, clients_poll, clients_epoll;

// For the loops.

// Whether to go on: always, until a stop is asked for; then as long as the program says. To be asked before each wait.
bool clients_remain(clients* all);

// How long to wait for a client to be ready, in milliseconds; -1: no limit.
int clients_timeout(const clients* all);

// After each wait: does what is due, and accepts who waits, some at a time. `watch` may refuse a client, which is
// closed then.
void clients_turn(clients* all, bool (*watch)(void* context, int fd), void* context);

// Closes a client. Does nothing if there is no such client.
void clients_close(clients* all, int fd);

// Closes all.
void clients_end(clients* all);

#endif
