#include "http_internal.h"

// 2^53 has 14 hexadecimal digits. More can only be leading zeros, which are limited like extensions.
enum { SIZE_DIGITS = 16 };

// The next part of the body.
enum {
  SIZE,
  SIZE_SPACE,
  EXTENSION,
  EXTENSION_REST,
  SIZE_NEWLINE,
  CONTENT,
  CONTENT_RETURN,
  CONTENT_NEWLINE,
  TRAILER,
  TRAILER_NAME,
  TRAILER_VALUE,
  TRAILER_NEWLINE,
  LAST_NEWLINE
};

static bool is_space(uint8_t byte) {
  return byte == ' ' || byte == '\t';
}

static int32_t end_size(const http_limits* limits, http_chunked* chunked) {
  chunked->total += chunked->remaining;
  if (chunked->total > limits->body) return -413;
  chunked->stage = chunked->remaining > 0 ? CONTENT : TRAILER;
  chunked->digits = 0;
  return 0;
}

static int32_t expect(bool as_expected, uint32_t stage, http_chunked* chunked) {
  if (!as_expected) return -400;
  chunked->stage = stage;
  return 0;
}

// Drops a byte that is not part of the content: of an extension or a trailer, white space, or a leading zero. Their
// number may exceed the limit of a head's bytes only by the number of content bytes, so that each chunk may, for
// example, have a signature.
static int32_t drop(bool allowed, uint32_t stage, const http_limits* limits, http_chunked* chunked) {
  const uint64_t beside = ++chunked->beside;
  if (beside > chunked->total && beside - chunked->total > limits->header_bytes) return -431;
  return expect(allowed, stage, chunked);
}

// chunk-size: 1*HEXDIG, at most 2^53 - 1, then an extension or the end of the line.
static int32_t read_size(uint8_t byte, const http_limits* limits, http_chunked* chunked) {
  const int digit = http_hexadecimal(byte);
  if (digit >= 0) {
    if (chunked->remaining >> 49) return -400;
    chunked->remaining = chunked->remaining << 4 | (uint64_t)digit;
    return ++chunked->digits > SIZE_DIGITS ? drop(true, SIZE, limits, chunked) : 0;
  }
  if (chunked->digits == 0) return -400;
  if (byte == '\r') return expect(true, SIZE_NEWLINE, chunked);
  return drop(byte == ';' || is_space(byte), byte == ';' ? EXTENSION : SIZE_SPACE, limits, chunked);
}

// Reads one byte that is not content. Returns the same as http_decode_chunked.
static int32_t step(uint8_t byte, const http_limits* limits, http_chunked* chunked) {
  switch (chunked->stage) {
    case SIZE:
      return read_size(byte, limits, chunked);
    case SIZE_SPACE:
      // "Bad" white space must be accepted (RFC 9110, 5.6.3), but only before an extension. The grammar allows none
      // after a size alone, and implementations read it differently.
      return drop(byte == ';' || is_space(byte), byte == ';' ? EXTENSION : SIZE_SPACE, limits, chunked);
    case EXTENSION:
      if (is_space(byte)) return drop(true, EXTENSION, limits, chunked);
      return drop(http_is(byte, HTTP_TOKEN), EXTENSION_REST, limits, chunked);
    case EXTENSION_REST:
      if (byte == '\r') return expect(true, SIZE_NEWLINE, chunked);
      return drop(http_is(byte, HTTP_VALUE), EXTENSION_REST, limits, chunked);
    case SIZE_NEWLINE:
      return byte == '\n' ? end_size(limits, chunked) : -400;
    case CONTENT_RETURN:
      return expect(byte == '\r', CONTENT_NEWLINE, chunked);
    case CONTENT_NEWLINE:
      return expect(byte == '\n', SIZE, chunked);
    case TRAILER:
      if (byte == '\r') return expect(true, LAST_NEWLINE, chunked);
      return drop(http_is(byte, HTTP_TOKEN), TRAILER_NAME, limits, chunked);
    case TRAILER_NAME:
      if (byte == ':') return drop(true, TRAILER_VALUE, limits, chunked);
      return drop(http_is(byte, HTTP_TOKEN), TRAILER_NAME, limits, chunked);
    case TRAILER_VALUE:
      if (byte == '\r') return expect(true, TRAILER_NEWLINE, chunked);
      return drop(http_is(byte, HTTP_VALUE), TRAILER_VALUE, limits, chunked);
    case TRAILER_NEWLINE:
      return expect(byte == '\n', TRAILER, chunked);
    default:
      return byte == '\n' ? HTTP_CHUNKED_END : -400;
  }
}

static void take_content(size_t at, size_t length, http_chunked* chunked) {
  const uint64_t there = length - at;
  const uint64_t taken = there < chunked->remaining ? there : chunked->remaining;
  chunked->data = (http_span){(uint32_t)at, (uint32_t)taken};
  chunked->remaining -= taken;
  if (chunked->remaining == 0) chunked->stage = CONTENT_RETURN;
}

int32_t http_decode_chunked(const uint8_t* bytes, size_t length, const http_limits* limits, http_chunked* chunked) {
  if (length > UINT32_MAX) length = UINT32_MAX;
  int32_t result = HTTP_CHUNKED_MORE;
  size_t at = 0;
  while (at < length && result == HTTP_CHUNKED_MORE) {
    if (chunked->stage == CONTENT) {
      take_content(at, length, chunked);
      at += chunked->data.length;
      result = HTTP_CHUNKED_DATA;
    } else {
      result = step(bytes[at++], limits, chunked);
    }
  }
  if (result < 0 || result == HTTP_CHUNKED_END) *chunked = (http_chunked){0};
  chunked->consumed = (uint32_t)at;
  return result;
}
