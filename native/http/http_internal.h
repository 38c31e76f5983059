// Shared by the files of the parser: the sets of bytes that RFC 9110 and RFC 3986 allow, and the functions that read
// the parts of a head.
#ifndef BSD_SOCKETS_HTTP_INTERNAL_H
#define BSD_SOCKETS_HTTP_INTERNAL_H

#include <stdbool.h>
#include <string.h>

#include "http_parser.h"

enum {
  HTTP_TOKEN = 1,   // tchar: methods, header names (RFC 9110, 5.6.2)
  HTTP_TARGET = 2,  // visible ASCII except "#": more than RFC 3986 allows, because browsers send
                    // "|" and "{" unescaped
  HTTP_VALUE = 4,   // field-vchar, SP and HTAB (RFC 9110, 5.5): no other control character
  HTTP_HOST = 8     // a registered name (RFC 3986, 3.2.2)
};

extern const uint8_t http_characters[256];

static inline bool http_is(uint8_t byte, int set) {
  return http_characters[byte] & set;
}

// The value of a hexadecimal digit; -1 for any other byte.
static inline int http_hexadecimal(uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  const uint8_t letter = byte | 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// Returns the number of bytes at the start of [from, to) that belong to the set.
static inline size_t http_run(const uint8_t* from, const uint8_t* to, int set) {
  const uint8_t* at = from;
  while (at < to && http_is(*at, set)) at++;
  return (size_t)(at - from);
}

// Compares the bytes with `word`, ignoring case. `word` may have lower-case letters, digits and "-". The bytes must not
// have control characters, which this would confuse with digits and "-".
static inline bool http_equals(const uint8_t* bytes, http_span span, const char* word) {
  const size_t length = strlen(word);
  if (span.length != length) return false;
  for (size_t i = 0; i < length; i++) {
    if ((bytes[span.offset + i] | 0x20) != (uint8_t)word[i]) return false;
  }
  return true;
}

// Each of these functions returns 0 or a negative status.

// Finds the form, the path, the query and the authority of `request->target` (RFC 9112, 3.2).
int32_t http_read_target(const uint8_t* bytes, http_request* request);

// Checks a Host value: `host [ ":" port ]`.
int32_t http_check_host(const uint8_t* bytes, http_span host);

// Reads a header line; sets `request->fields` and others if it is about the framing of the message.
int32_t http_read_field(const uint8_t* bytes, const http_header* header, http_request* request);

// Sets `request->flags` from the fields, after the last header line.
int32_t http_frame(const http_limits* limits, http_request* request);

#endif
