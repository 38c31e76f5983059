// The clients of select, poll and epoll: what is done with one that is ready is the same in all
// three.
#ifndef BSD_SOCKETS_SERVERS_HTTP_CLIENTS_H
#define BSD_SOCKETS_SERVERS_HTTP_CLIENTS_H

#include "http_connection.h"
#include "server.h"

// How many clients to accept before the others have their turn again.
enum { HTTP_ACCEPTED = 64 };

typedef struct {
  http_connection* connection;  // NULL for none
  bool queued;
} http_client;

typedef struct {
  server* server;
  http_service service;
  http_client* of;  // by descriptor
  int* queue;       // descriptors that have more to do without being ready again
  int queued;
  int capacity;  // of both
  int count;
  bool stopping;
  bool waiting;          // clients may wait to be accepted; set it when the listener is readable
  int64_t paused_until;  // accept found no free descriptor: see SERVER_PAUSE
  int64_t drain_until;   // after a stop: how long clients may wait for a descriptor to be accepted
  int64_t next_check;    // when to see who takes too long
} http_clients;

void http_clients_open(http_clients* all, server* server, const http_settings* settings);

// Closes and frees everything.
void http_clients_close(http_clients* all);

// Whether to go on: always, until a stop is asked for; from then on those who had connected by then
// are accepted, and what is under way is finished. Ask it before each wait.
bool http_clients_remain(http_clients* all);

// How long to wait for a client to be ready, in milliseconds; -1: no limit.
int http_clients_timeout(const http_clients* all);

// Whether the client waits to be writable; else it waits to be readable.
bool http_clients_sends(const http_clients* all, int fd);

// Serves the client, which may be ready. Does nothing if there is none. For `drain` see http_connection_run.
void http_clients_serve(http_clients* all, int fd, bool drain);

// Serves those that have more to do, and ends what takes too long. Call it after each wait.
void http_clients_turn(http_clients* all);

// Accepts a client if one waits, and returns its descriptor, or -1.
int http_clients_accept(http_clients* all);

void http_clients_drop(http_clients* all, int fd);

#endif
