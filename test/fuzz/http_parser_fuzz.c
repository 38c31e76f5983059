// For libFuzzer:
//   clang -g -O1 -fsanitize=fuzzer,address,undefined test/fuzz/http_parser_fuzz.c native/http/*.c
//
// The first byte chooses the limits and where the rest is cut into pieces. The parser must give the same results for
// the pieces as for the whole, and point at nothing outside the bytes that it has read.
#include <stdlib.h>
#include <string.h>

#include "../../native/http/http_parser.h"

static void check(int holds) {
  if (!holds) abort();
}

typedef struct {
  int32_t result;
  http_request request;
} head;

static int is_inside(http_span span, int32_t size) {
  return (uint64_t)span.offset + span.length <= (uint64_t)size;
}

static void check_head(const uint8_t* bytes, size_t length, const http_limits* limits, const head* read) {
  const http_request* request = &read->request;
  if (read->result <= 0) {
    check(read->result == 0 || (read->result <= -400 && read->result > -600));
    return;
  }
  const int32_t size = read->result;
  check((size_t)size <= length && memcmp(bytes + size - 2, "\r\n", 2) == 0);
  check(is_inside(request->method, size) && request->method.length > 0);
  check(is_inside(request->target, size) && request->target.length > 0);
  check(is_inside(request->path, size) && is_inside(request->query, size));
  check(is_inside(request->authority, size));
  check(request->header_count <= limits->header_count);
  for (uint32_t i = 0; i < request->header_count; i++) {
    const http_header* header = &request->headers[i];
    check(is_inside(header->name, size) && header->name.length > 0);
    check(is_inside(header->value, size));
    check(memchr(bytes + header->value.offset, '\n', header->value.length) == NULL);
  }
  check(http_content_length(request) <= limits->body);
  check(!(request->flags & HTTP_CHUNKED && request->flags & HTTP_CONTENT_LENGTH));
}

// Reads the head with `step` more bytes at each call, from a copy of exactly that size.
static void read_head(const uint8_t* bytes, size_t length, size_t step, const http_limits* limits, head* read) {
  memset(read, 0, sizeof *read);
  for (size_t there = 0; read->result == 0 && there < length;) {
    there = there + step < length ? there + step : length;
    uint8_t* copy = malloc(there);
    memcpy(copy, bytes, there);
    read->result = http_parse_request(copy, there, limits, &read->request);
    free(copy);
  }
}

typedef struct {
  int32_t result;
  size_t consumed;
  size_t length;
  uint8_t* content;
} body;

static void read_body(const uint8_t* bytes, size_t length, size_t step, const http_limits* limits, body* read) {
  http_chunked chunked = {0};
  memset(read, 0, sizeof *read);
  read->content = malloc(length + 1);
  size_t there = 0;
  while (read->result != HTTP_CHUNKED_END && read->result >= 0) {
    if (read->result == HTTP_CHUNKED_MORE) {
      if (there == length) break;
      there = there + step < length ? there + step : length;
    }
    const size_t size = there - read->consumed;
    uint8_t* copy = malloc(size + 1);
    memcpy(copy, bytes + read->consumed, size);
    read->result = http_decode_chunked(copy, size, limits, &chunked);
    check(chunked.consumed <= size);
    if (read->result == HTTP_CHUNKED_DATA) {
      check(is_inside(chunked.data, (int32_t)chunked.consumed) && chunked.data.length > 0);
      memcpy(read->content + read->length, copy + chunked.data.offset, chunked.data.length);
      read->length += chunked.data.length;
    }
    read->consumed += chunked.consumed;
    free(copy);
  }
  check(read->length <= limits->body && read->length <= length);
}

static void check_body(const uint8_t* bytes, size_t length, size_t step, const http_limits* limits) {
  body whole, pieces;
  read_body(bytes, length, length, limits, &whole);
  read_body(bytes, length, step, limits, &pieces);
  check(whole.result == pieces.result && whole.consumed == pieces.consumed);
  check(whole.length == pieces.length);
  check(memcmp(whole.content, pieces.content, whole.length) == 0);
  free(whole.content);
  free(pieces.content);
}

// JavaScript may write anything into the state.
static void check_any_state(const uint8_t* bytes, size_t length, const http_limits* limits) {
  head read = {0};
  const size_t size = offsetof(http_request, headers);
  memcpy(&read.request, bytes, length < size ? length : size);
  read.request.stage %= 8;
  read.result = http_parse_request(bytes, length, limits, &read.request);
  http_chunked chunked = {0};
  memcpy(&chunked, bytes, length < sizeof chunked ? length : sizeof chunked);
  chunked.stage %= 16;
  http_decode_chunked(bytes, length, limits, &chunked);
  check(chunked.consumed <= length);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t length) {
  if (length < 2) return 0;
  static const http_limits generous = {65536, 256, 65536, 1 << 20}, narrow = {40, 3, 80, 20};
  const http_limits* limits = data[0] & 0x80 ? &narrow : &generous;
  const size_t step = (data[0] & 0x7f) + 1;
  const uint8_t* bytes = data + 1;
  length--;
  check_any_state(bytes, length, limits);
  head whole, pieces;
  read_head(bytes, length, length, limits, &whole);
  read_head(bytes, length, step, limits, &pieces);
  check(whole.result == pieces.result);
  check_head(bytes, length, limits, &whole);
  if (whole.result <= 0) {
    check_body(bytes, length, step, limits);
    return 0;
  }
  const size_t fixed = offsetof(http_request, headers);
  const size_t used = fixed + whole.request.header_count * sizeof(http_header);
  whole.request.scanned = pieces.request.scanned;
  check(memcmp(&whole.request, &pieces.request, used) == 0);
  check_body(bytes + whole.result, length - (size_t)whole.result, step, limits);
  return 0;
}
