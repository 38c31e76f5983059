// For libFuzzer: a chunked body. The result is the same in one piece and in any pieces, nothing outside the bytes is
// read, and a second, simple reading finds the same content.
#include "check.h"

typedef struct {
  int32_t result;
  size_t consumed;
  size_t length;
  uint8_t* content;
} body;

// As a caller of the decoder: gives it what it has not consumed, from a copy of exactly that size. The pieces end at
// `cut`, and at each `step` bytes.
static void read_body(const input* given, size_t step, size_t cut, body* read) {
  http_chunked chunked = {0};
  memset(read, 0, sizeof *read);
  read->content = malloc(given->length + 1);
  size_t there = 0;
  while (read->result != HTTP_CHUNKED_END && read->result >= 0) {
    if (read->result == HTTP_CHUNKED_MORE) {
      check(read->consumed == there);
      if (there == given->length) break;
      size_t next = there + step;
      if (there < cut && next > cut) next = cut;
      there = next < given->length ? next : given->length;
    }
    const size_t size = there - read->consumed;
    uint8_t* copy = malloc(size);
    memcpy(copy, given->bytes + read->consumed, size);
    read->result = http_decode_chunked(copy, size, given->limits, &chunked);
    check(chunked.consumed <= size);
    if (read->result == HTTP_CHUNKED_DATA) {
      check(is_inside(chunked.data, chunked.consumed) && chunked.data.length > 0);
      memcpy(read->content + read->length, copy + chunked.data.offset, chunked.data.length);
      read->length += chunked.data.length;
    }
    read->consumed += chunked.consumed;
    free(copy);
  }
  check(read->length <= given->limits->body && read->length <= given->length);
}

static int hexadecimal(uint8_t byte) {
  const char* const digits = "0123456789abcdef";
  const char* const found = byte == 0 ? NULL : strchr(digits, byte >= 'A' && byte <= 'F' ? byte + 32 : byte);
  return found == NULL ? -1 : (int)(found - digits);
}

enum { WHOLE, INCOMPLETE, MALFORMED };

// Reads a line of a chunk's size (RFC 9112, 7.1), of which `length` bytes are before its CRLF.
static bool read_size_line(const uint8_t* line, size_t length, uint64_t* size) {
  size_t at = 0;
  *size = 0;
  for (; at < length && hexadecimal(line[at]) >= 0; at++) {
    *size = *size * 16 + (uint64_t)hexadecimal(line[at]);
    if (*size >= 1ULL << 53) return false;
  }
  if (at == 0) return false;
  if (at == length) return true;
  while (at < length && (line[at] == ' ' || line[at] == '\t')) at++;
  if (at == length || line[at] != ';') return false;
  at++;
  while (at < length && (line[at] == ' ' || line[at] == '\t')) at++;
  return at < length && is_token_byte(line[at]) && is_field_content(line + at, length - at);
}

// The same body, read line by line. Limits are not looked at.
static int read_again(const input* given, size_t* consumed, size_t* total, uint8_t* content) {
  const uint8_t* const bytes = given->bytes;
  size_t at = 0;
  *total = 0;
  for (uint64_t size = 1; size > 0;) {
    const long line = line_length(bytes + at, given->length - at);
    if (line < 0) return INCOMPLETE;
    if (!read_size_line(bytes + at, (size_t)line, &size)) return MALFORMED;
    at += (size_t)line + 2;
    if (size == 0) break;
    if (given->length - at < size + 2) return INCOMPLETE;
    memcpy(content + *total, bytes + at, (size_t)size);
    *total += (size_t)size;
    at += (size_t)size;
    if (memcmp(bytes + at, "\r\n", 2) != 0) return MALFORMED;
    at += 2;
  }
  for (;;) {
    const long line = line_length(bytes + at, given->length - at);
    if (line < 0) return INCOMPLETE;
    const uint8_t* const from = bytes + at;
    at += (size_t)line + 2;
    if (line == 0) break;
    const uint8_t* const colon = memchr(from, ':', (size_t)line);
    if (colon == NULL || !is_token(from, (size_t)(colon - from))) return MALFORMED;
    if (!is_field_content(from, (size_t)line)) return MALFORMED;
  }
  *consumed = at;
  return WHOLE;
}

static void check_body(const input* given, const body* read) {
  uint8_t* content = malloc(given->length + 1);
  size_t consumed = 0, total = 0;
  const int again = read_again(given, &consumed, &total, content);
  if (read->result == HTTP_CHUNKED_END) {
    check(again == WHOLE && consumed == read->consumed && total == read->length);
    check(memcmp(content, read->content, total) == 0);
  } else if (read->result == HTTP_CHUNKED_MORE) {
    check(again == INCOMPLETE);
  } else {
    check(read->result == -400 || read->result == -413 || read->result == -431);
    check(read->result != -400 || again != WHOLE);
  }
  free(content);
}

// JavaScript may write anything into the state.
static void check_any_state(const input* given) {
  http_chunked chunked = {0};
  memcpy(&chunked, given->bytes, given->length < sizeof chunked ? given->length : sizeof chunked);
  chunked.stage %= 16;
  http_decode_chunked(given->bytes, given->length, given->limits, &chunked);
  check(chunked.consumed <= given->length);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t length) {
  input given;
  if (!read_input(data, length, &given)) return 0;
  check_any_state(&given);
  body whole, others[3];
  read_body(&given, given.length, 0, &whole);
  check_body(&given, &whole);
  read_body(&given, given.step, 0, &others[0]);
  read_body(&given, 1, 0, &others[1]);
  read_body(&given, given.length, given.cut, &others[2]);
  for (size_t i = 0; i < 3; i++) {
    check(others[i].result == whole.result && others[i].consumed == whole.consumed);
    check(others[i].length == whole.length && memcmp(others[i].content, whole.content, whole.length) == 0);
    free(others[i].content);
  }
  free(whole.content);
  return 0;
}
