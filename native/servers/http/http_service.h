// Bytes in, answers out: what a connection says, with no socket in it.
#ifndef BSD_SOCKETS_SERVERS_HTTP_SERVICE_H
#define BSD_SOCKETS_SERVERS_HTTP_SERVICE_H

#include "http_app.h"
#include "http_reading.h"

// What a connection waits for; each has its own limit of time.
enum {
  HTTP_FIRST,   // the first byte of the first request
  HTTP_IDLE,    // the first byte of another one
  HTTP_HEAD,    // the rest of a head
  HTTP_BODY,    // the rest of a body
  HTTP_WRITE,   // the client, to take the answers
  HTTP_LINGER,  // the client, to close after the last answer
  HTTP_PHASES
};

typedef struct {
  http_app* app;
  http_limits limits;
  int connections;                // at a time; above it none is accepted
  int64_t timeouts[HTTP_PHASES];  // milliseconds
} http_settings;

// What the connections of one thread share: the time, and the memory for what comes whole, so that
// a connection that is idle holds none.
typedef struct {
  const http_settings* settings;
  int64_t now;  // milliseconds, of server_now
  http_date date;
  uint8_t* slab;  // where bytes are received
  size_t slab_size;
  http_reading reading;
  http_buffer answers;
} http_service;

void http_service_open(http_service* service, const http_settings* settings, size_t slab_size);
void http_service_close(http_service* service);

// Reads the clocks.
void http_service_update(http_service* service);

// Answers whole requests in their order, until `service->answers` is full enough to be sent;
// `input` is left with what follows them, `reading` with how far that was read. Returns whether the
// last answer was given, after which the connection is to be closed.
bool http_serve(http_service* service, http_reading* reading, http_input* input);

// Whether http_serve stopped because of the answers, and `input` may hold another request.
bool http_is_full(const http_service* service, const http_input* input);

// Refuses the request that is being read, with an answer that is the last.
void http_refuse(http_service* service, const http_reading* reading, const uint8_t* bytes, int status);

#endif
