// The clients of select, poll and epoll: what is done with one that is ready is the same in all three.
//
// A client is always in one of two states, told by `unsent`. Usually it is NULL: what comes is received and sent
// back at once. What the kernel does not take is kept there, and until all of it is sent nothing more is received:
// a client that does not read slows down itself and takes up one buffer at most.
#ifndef BSD_SOCKETS_SERVERS_ECHO_CLIENTS_H
#define BSD_SOCKETS_SERVERS_ECHO_CLIENTS_H

#include <stddef.h>

#include "server.h"

// How many clients to accept before the others have their turn again.
enum { CLIENTS_ACCEPTED = 64 };

typedef struct {
  bool open;
  bool leaving;       // after a stop: it has got everything back; what it still sends is dropped
  int awaited;        // after a stop: how many bytes of it are still to be received
  char* unsent;       // from malloc(3), or NULL: waits to be writable instead of readable
  size_t start, end;  // of what is left of it
} client;

typedef struct {
  server* server;
  client* of;    // by descriptor
  int capacity;  // one more than the highest descriptor that `of` has room for
  int count;
  int leaving;  // how many of them are
  bool stopping;
  bool waiting;          // clients may wait to be accepted; set it when the listener is readable
  int64_t paused_until;  // accept found no free descriptor: see SERVER_PAUSE
  int64_t drain_until;   // after a stop: how long clients may wait for a descriptor to be accepted
  int64_t leave_until;   // see SERVER_LINGER
} clients;

// Whether to go on: always, until a stop is asked for; from then on those who had connected by then get back what had
// arrived. Ask it before each wait.
bool clients_remain(clients* all);

// How long to wait for a client to be ready, in milliseconds; -1: no limit.
int clients_timeout(const clients* all);

// Accepts a client if one waits, and returns its descriptor, or -1.
int clients_accept(clients* all);

// Receives and sends back until the client would block, at most `turns` times. Returns whether it might go on at
// once. A receive that does not fill the buffer is the last one, unless it is to `drain` the client to the end. Does
// nothing if there is no such client.
bool clients_serve(clients* all, int fd, int turns, bool drain);

void clients_close(clients* all, int fd);

// Closes and frees everything.
void clients_end(clients* all);

#endif
