// HTTP/1.1 requests as offsets into the bytes they came in: RFC 9112 (messages) and RFC 9110
// (semantics), strictly. Nothing is allocated, copied or kept; every field is a uint32_t, so that
// JavaScript reads a structure as a Uint32Array. What two readers could take for two different
// things is refused, so that no request hides in another one.
//
// Results below zero are HTTP statuses to answer with before closing the connection: -400 means
// "400 Bad Request".
#ifndef BSD_SOCKETS_HTTP_PARSER_H
#define BSD_SOCKETS_HTTP_PARSER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  HTTP_REQUEST_LINE_MAX = 65536,  // no limit is taken above this: bytes
  HTTP_HEADERS_MAX = 256,         // nor above this: lines
  HTTP_HEADER_BYTES_MAX = 1048576
};

// What is taken from a client; four uint64_t, which JavaScript may keep in a BigUint64Array.
typedef struct {
  uint64_t request_line;  // bytes of the request line, its CRLF apart; a longer one is 414
  uint64_t header_count;  // header lines; one more is 431
  uint64_t header_bytes;  // bytes of all header lines, or of all trailer lines; more are 431
  uint64_t body;          // bytes of content; more are 413
} http_limits;

typedef struct {
  uint32_t offset;  // from the first byte given to the parser
  uint32_t length;
} http_span;

typedef struct {
  http_span name;   // as the client spelled it; names are compared without case
  http_span value;  // without the white space around it
} http_header;

enum {
  HTTP_KEEP_ALIVE = 1,      // the client may send another request after this one
  HTTP_CHUNKED = 2,         // content follows, to be read by http_decode_chunked
  HTTP_CONTENT_LENGTH = 4,  // the client told `content_length`, 0 perhaps
  HTTP_EXPECT_CONTINUE = 8  // content follows once "100 Continue" has been sent
};

typedef struct {
  // The parser's own, between calls: zero at first. After any result but 0 the next call begins a new request, and
  // so it does when `stage` is set to 0.
  uint32_t stage;
  uint32_t line;          // where the line that is being read begins
  uint32_t scanned;       // no line ends before this
  uint32_t headers_from;  // where the first header line begins
  uint32_t fields;        // which of the fields that frame a message were met

  uint32_t flags;              // of the above
  uint32_t minor_version;      // 0 or 1 of HTTP/1.x; a higher one is taken for 1 (RFC 9110, 2.5)
  uint32_t content_length[2];  // the low and the high 32 bits; at most 2^53 - 1
  http_span method;            // with a request line that is refused or not whole: as far as it can be told
  http_span target;            // as sent, in one of the four forms of RFC 9112, 3.2
  http_span path;              // of the target, "*" or empty (then it means "/") included; none for CONNECT
  http_span query;             // what follows the "?"
  http_span authority;         // host and port: the target's where it has them, else those of Host
  uint32_t header_count;
  http_header headers[HTTP_HEADERS_MAX];
} http_request;

// Reads the head of a request, from its first byte. Returns its size in bytes, the empty line included, once it is
// there; 0 while it is not: call again with the same bytes and more after them, which may lie elsewhere by then; or a
// negative status. How the bytes were cut changes neither the result nor, by much, the work: what was read is not read
// again. Whatever the state, nothing outside the bytes is read; a state that does not fit them is -400.
int32_t http_parse_request(const uint8_t* bytes, size_t length, const http_limits* limits, http_request* request);

// The value of the first header called `name`, which is in lower case; NULL when there is none.
const http_header* http_find_header(const uint8_t* bytes, const http_request* request, const char* name);

enum { HTTP_CHUNKED_MORE = 0, HTTP_CHUNKED_DATA = 1, HTTP_CHUNKED_END = 2 };

typedef struct {
  uint32_t consumed;  // bytes that the last call has read; give it what follows them next
  http_span data;     // with HTTP_CHUNKED_DATA: content among those bytes
  uint32_t stage;     // the rest is the decoder's own, between calls: zero at first, and after the end or an error
  uint32_t digits;
  uint64_t beside;     // bytes of extensions and trailers so far
  uint64_t remaining;  // of the chunk
  uint64_t total;      // of the content
} http_chunked;

// Reads a chunked body (RFC 9112, 7.1) up to the end of one run of content, of the body, or of the
// bytes, and says which: one of HTTP_CHUNKED_*, or a negative status. Extensions and trailers are
// checked and dropped.
int32_t http_decode_chunked(const uint8_t* bytes, size_t length, const http_limits* limits, http_chunked* chunked);

static inline uint64_t http_content_length(const http_request* request) {
  return (uint64_t)request->content_length[1] << 32 | request->content_length[0];
}

#ifdef __cplusplus
}
#endif

#endif
