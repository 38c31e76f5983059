// Shared by the targets of libFuzzer.
#ifndef BSD_SOCKETS_FUZZ_CHECK_H
#define BSD_SOCKETS_FUZZ_CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../native/http/http_parser.h"

// A finding: libFuzzer writes the input to a file.
#define check(holds)                                                      \
  do {                                                                    \
    if (!(holds)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #holds); \
      abort();                                                            \
    }                                                                     \
  } while (0)

// The first byte of an input chooses the limits and the size of the pieces; the second byte where it is cut in two.
typedef struct {
  const http_limits* limits;
  size_t step;
  size_t cut;
  const uint8_t* bytes;
  size_t length;
} input;

static inline bool read_input(const uint8_t* data, size_t length, input* read) {
  static const http_limits generous = {65536, 256, 65536, 1 << 20}, narrow = {40, 3, 80, 20};
  if (length < 2) return false;
  read->limits = data[0] & 0x80 ? &narrow : &generous;
  read->step = (size_t)(data[0] & 0x7f) + 1;
  read->bytes = data + 2;
  read->length = length - 2;
  read->cut = read->length > 0 ? data[1] % read->length : 0;
  return true;
}

static inline bool is_inside(http_span span, size_t size) {
  return (uint64_t)span.offset + span.length <= size;
}

// What RFC 9110 says of single bytes, written again in another way than the parser does.
static inline bool is_token_byte(uint8_t byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte != 0 && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
}

static inline bool is_token(const uint8_t* bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (!is_token_byte(bytes[i])) return false;
  }
  return length > 0;
}

// field-content: no control character but HTAB.
static inline bool is_field_content(const uint8_t* bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if ((bytes[i] < ' ' && bytes[i] != '\t') || bytes[i] == 0x7f) return false;
  }
  return true;
}

// The length of the line, without its CRLF; -1 if no CRLF follows.
static inline long line_length(const uint8_t* bytes, size_t length) {
  for (size_t i = 0; i + 1 < length; i++) {
    if (bytes[i] == '\r' && bytes[i + 1] == '\n') return (long)i;
  }
  return -1;
}

#endif
