// A strict parser of HTTP/1.1 requests: RFC 9112 (messages) and RFC 9110 (semantics). A parsed request is a set of
// offsets into the bytes that were given. The parser allocates, copies and keeps nothing. Every field of a request is
// a uint32_t, so JavaScript reads the structure as a Uint32Array. The parser rejects what two readers could understand
// differently, so that no request can be hidden in another one (request smuggling).
//
// A negative result is the HTTP status to answer with before the connection is closed: -400 means "400 Bad Request".
#ifndef BSD_SOCKETS_HTTP_PARSER_H
#define BSD_SOCKETS_HTTP_PARSER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  // The largest values of http_limits; a larger one counts as this one.
  HTTP_REQUEST_LINE_MAX = 65536,   // bytes
  HTTP_HEADERS_MAX = 256,          // lines
  HTTP_HEADER_BYTES_MAX = 1048576  // bytes
};

// The limits of a request. Four uint64_t, which JavaScript may keep in a BigUint64Array.
typedef struct {
  uint64_t request_line;  // bytes of the request line, without its CRLF; a longer line is 414
  uint64_t header_count;  // the number of header lines; more are 431
  uint64_t header_bytes;  // bytes of all header lines, or of all trailer lines; more are 431
  uint64_t body;          // bytes of content; more is 413
} http_limits;

typedef struct {
  uint32_t offset;  // from the first byte given to the parser
  uint32_t length;
} http_span;

typedef struct {
  http_span name;   // as the client spelled it; names are case-insensitive
  http_span value;  // without the white space around it
} http_header;

enum {
  HTTP_KEEP_ALIVE = 1,      // the client may send another request after this one
  HTTP_CHUNKED = 2,         // content follows, to be read by http_decode_chunked
  HTTP_CONTENT_LENGTH = 4,  // the client sent Content-Length, which may be 0
  HTTP_EXPECT_CONTINUE = 8  // the client sends content after it has received "100 Continue"
};

typedef struct {
  // The parser's state between calls; zero before the first. After any result but 0 the next call begins a new
  // request. To begin one earlier, set `stage` to 0.
  uint32_t stage;
  uint32_t line;          // offset of the line that is being read
  uint32_t scanned;       // offset up to which no line end was found
  uint32_t headers_from;  // offset of the first header line
  uint32_t fields;        // the framing fields that were found; see http_field.c

  uint32_t flags;              // HTTP_KEEP_ALIVE and others
  uint32_t minor_version;      // of HTTP/1.x: 0 or 1; a higher one counts as 1 (RFC 9110, 2.5)
  uint32_t content_length[2];  // the low and the high 32 bits; at most 2^53 - 1
  http_span method;            // set, if it can be read, even if the request line is incomplete or rejected
  http_span target;            // as sent, in one of the four forms of RFC 9112, 3.2
  http_span path;              // of the target; may be "*", or empty, which means "/"; not set for CONNECT
  http_span query;             // what follows the "?"
  http_span authority;         // host and port, from the target if it has them, else from Host
  uint32_t header_count;
  http_header headers[HTTP_HEADERS_MAX];
} http_request;

// Parses the head of a request. `bytes` begins with its first byte. Returns the size of the head in bytes, with the
// empty line; 0 if the head is not complete; or a negative status. After 0, call again with the same bytes followed by
// more; they may have moved in memory. How the bytes were split does not change the result, and complete lines are not
// read again. The parser never reads outside the bytes, whatever `request` holds; a state that does not fit them is
// -400.
int32_t http_parse_request(const uint8_t* bytes, size_t length, const http_limits* limits, http_request* request);

// Returns the first header with this name, or NULL. `name` must be in lower case.
const http_header* http_find_header(const uint8_t* bytes, const http_request* request, const char* name);

enum { HTTP_CHUNKED_MORE = 0, HTTP_CHUNKED_DATA = 1, HTTP_CHUNKED_END = 2 };

typedef struct {
  uint32_t consumed;  // bytes that the last call has read; the next call begins after them
  http_span data;     // after HTTP_CHUNKED_DATA: the content in those bytes
  uint32_t stage;     // this and the rest: the decoder's state between calls; zero before the first, after the end and
                      // after an error
  uint32_t digits;
  uint64_t beside;     // bytes of extensions and trailers, so far
  uint64_t remaining;  // bytes of content left in the chunk
  uint64_t total;      // bytes of content in all chunks, so far
} http_chunked;

// Decodes a chunked body (RFC 9112, 7.1). Stops after one run of content (HTTP_CHUNKED_DATA), at the end of the body
// (HTTP_CHUNKED_END), or at the end of the bytes (HTTP_CHUNKED_MORE). Returns which of these, or a negative status.
// Extensions and trailers are checked and dropped.
int32_t http_decode_chunked(const uint8_t* bytes, size_t length, const http_limits* limits, http_chunked* chunked);

static inline uint64_t http_content_length(const http_request* request) {
  return (uint64_t)request->content_length[1] << 32 | request->content_length[0];
}

#ifdef __cplusplus
}
#endif

#endif
