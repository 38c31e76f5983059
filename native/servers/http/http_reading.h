// The state of reading one request.
#ifndef BSD_SOCKETS_SERVERS_HTTP_READING_H
#define BSD_SOCKETS_SERVERS_HTTP_READING_H

#include "http_parser.h"

// Bytes from a client that are not answered yet.
typedef struct {
  uint8_t* bytes;
  size_t length;
} http_input;

typedef struct {
  uint32_t head;         // bytes of its head; 0 until it is complete
  size_t content;        // bytes of its decoded content, which is behind the head
  http_chunked chunked;  // of a chunked body
  http_request request;
} http_reading;

// Both read from the first byte of the request on. They return 0 while something is missing, or a negative status.

// Returns the size of the head once it is complete.
int64_t http_read_head(http_reading* reading, const http_input* input, const http_limits* limits);

// Returns the size of the whole request, head included. Chunks are decoded in place: while something is missing,
// `input` shrinks by their framing.
int64_t http_read_content(http_reading* reading, http_input* input, const http_limits* limits);

// Resets the state, for the next request.
void http_reading_reset(http_reading* reading);

#endif
