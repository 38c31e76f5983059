// Bytes in, answers out: the protocol of a connection, without its socket.
#ifndef BSD_SOCKETS_SERVERS_HTTP_SERVICE_H
#define BSD_SOCKETS_SERVERS_HTTP_SERVICE_H

#include "http_app.h"
#include "http_reading.h"

// The phases of a connection, by what it waits for; each has its own timeout.
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
  int connections;                // at a time; no more are accepted
  int64_t timeouts[HTTP_PHASES];  // milliseconds
} http_settings;

// The state that the connections of one thread share: the time, and the memory for requests that are received whole, so
// that an idle connection needs none of its own.
typedef struct {
  const http_settings* settings;
  int64_t now;  // milliseconds of server_now
  http_date date;
  uint8_t* slab;  // the memory to receive into
  size_t slab_size;
  http_reading reading;
  http_buffer answers;
} http_service;

void http_service_open(http_service* service, const http_settings* settings, size_t slab_size);
void http_service_close(http_service* service);

// Reads the clocks.
void http_service_update(http_service* service);

// Answers complete requests in their order, until `service->answers` is full enough to be sent. It leaves the bytes
// that follow them in `input`, and the state of their reading in `reading`. Returns whether the last answer was given:
// then the connection is to be closed.
bool http_serve(http_service* service, http_reading* reading, http_input* input);

// Whether http_serve stopped because the answers are to be sent: `input` may then hold another request.
bool http_is_full(const http_service* service, const http_input* input);

// Refuses the request that is being read; the answer is the last one.
void http_refuse(http_service* service, const http_reading* reading, const uint8_t* bytes, int status);

#endif
