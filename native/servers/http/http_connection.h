// One client, from its first byte to its last: the same for every mode. What came together is
// answered with one send, and what the client does not take is bounded, since nothing more is
// received meanwhile.
#ifndef BSD_SOCKETS_SERVERS_HTTP_CONNECTION_H
#define BSD_SOCKETS_SERVERS_HTTP_CONNECTION_H

#include "http_service.h"

typedef struct http_connection http_connection;

// Takes over a client's socket. NULL where there is no memory for it: then it is still the caller's.
http_connection* http_connection_open(const http_service* service, int fd);
void http_connection_close(http_connection* connection);

typedef enum {
  HTTP_AGAIN,    // there is more to do: of a loud client, only so much is done at a time
  HTTP_WAITING,  // nothing to do before the socket is ready
  HTTP_CLOSED    // nothing but http_connection_close
} http_outcome;

// Receives, answers and sends until one of the calls would block, or, on a blocking socket, reaches its timeout. Unless
// it is to `drain` the socket, a receive that gave less than was asked for is the last one: see POLLER_END.
http_outcome http_connection_run(http_service* service, http_connection* connection, bool drain);

// Ends what takes too long, and what has no request under way when the server is to stop, or is
// idle while `others_wait` for its place.
http_outcome http_connection_check(http_service* service, http_connection* connection, bool others_wait);

// Whether it waits to send; else it waits to receive.
bool http_connection_sends(const http_connection* connection);

#endif
