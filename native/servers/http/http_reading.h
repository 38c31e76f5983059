// One request, as far as it has come.
#ifndef BSD_SOCKETS_SERVERS_HTTP_READING_H
#define BSD_SOCKETS_SERVERS_HTTP_READING_H

#include "http_parser.h"

// Bytes from a client that are not answered yet, wherever they lie.
typedef struct {
  uint8_t* bytes;
  size_t length;
} http_input;

typedef struct {
  uint32_t head;         // bytes of its head; 0 until it is whole
  size_t content;        // bytes of its content, behind the head, decoded
  http_chunked chunked;  // of a body that comes in chunks
  http_request request;
} http_reading;

// Both read from the first byte of the request on, and return 0 while something is missing, or a
// negative status.

// Returns the size of the head once it is whole.
int64_t http_read_head(http_reading* reading, const http_input* input, const http_limits* limits);

// Returns the size of the whole request, head included. Chunks are decoded in place: while
// something is missing, `input` is cut down to what they have left.
int64_t http_read_content(http_reading* reading, http_input* input, const http_limits* limits);

// Begins anew, at the next request.
void http_reading_reset(http_reading* reading);

#endif
