// What the files of the parser share: the sets of bytes that RFC 9110 and RFC 3986 allow, and the
// parts of a head.
#ifndef BSD_SOCKETS_HTTP_INTERNAL_H
#define BSD_SOCKETS_HTTP_INTERNAL_H

#include <stdbool.h>
#include <string.h>

#include "http_parser.h"

enum {
  HTTP_TOKEN = 1,   // tchar: methods, header names (RFC 9110, 5.6.2)
  HTTP_TARGET = 2,  // visible ASCII but "#": looser than RFC 3986, since browsers send "|" and "{"
                    // as they are
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

// How many of the bytes in [from, to) belong to the set before one that does not.
static inline size_t http_run(const uint8_t* from, const uint8_t* to, int set) {
  const uint8_t* at = from;
  while (at < to && http_is(*at, set)) at++;
  return (size_t)(at - from);
}

// Whether the bytes are `word`, which is of lower-case letters, digits and "-"; they hold no
// control character.
static inline bool http_equals(const uint8_t* bytes, http_span span, const char* word) {
  const size_t length = strlen(word);
  if (span.length != length) return false;
  for (size_t i = 0; i < length; i++) {
    if ((bytes[span.offset + i] | 0x20) != (uint8_t)word[i]) return false;
  }
  return true;
}

// Each of these returns 0, or a negative status.

// Finds the form, the path, the query and the authority of `request->target` (RFC 9112, 3.2).
int32_t http_read_target(const uint8_t* bytes, http_request* request);

// Checks a Host value: `host [ ":" port ]`.
int32_t http_check_host(const uint8_t* bytes, http_span host);

// Notes what a header line says about the framing of the message, if it does.
int32_t http_read_field(const uint8_t* bytes, const http_header* header, http_request* request);

// Draws the conclusion from all of them, after the last: the flags.
int32_t http_frame(const http_limits* limits, http_request* request);

#endif
