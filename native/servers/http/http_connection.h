// One client's connection: the same for every mode. Requests that were received together are answered with one send.
// The unsent bytes are bounded: while there are any, nothing more is received.
#ifndef BSD_SOCKETS_SERVERS_HTTP_CONNECTION_H
#define BSD_SOCKETS_SERVERS_HTTP_CONNECTION_H

#include "http_service.h"

typedef struct http_connection http_connection;

// Takes ownership of a client's socket. Returns NULL if memory is lacking: then the caller still owns the socket.
http_connection* http_connection_open(const http_service* service, int fd);
void http_connection_close(http_connection* connection);

typedef enum {
  HTTP_AGAIN,    // there is more to do: the work for one client at a time is limited
  HTTP_WAITING,  // nothing to do before the socket is ready
  HTTP_CLOSED    // to be closed by http_connection_close
} http_outcome;

// Receives, answers and sends until a call would block or, on a blocking socket, reaches its timeout. A receive that
// gives less than was asked for is the last one, unless `drain`: see POLLER_END.
http_outcome http_connection_run(http_service* service, http_connection* connection, bool drain);

// Closes the connection if it takes too long, if it has no request under way when the server stops, or if it is idle
// while `others_wait` for its place.
http_outcome http_connection_check(http_service* service, http_connection* connection, bool others_wait);

// Whether it waits to send; otherwise it waits to receive.
bool http_connection_sends(const http_connection* connection);

#endif
