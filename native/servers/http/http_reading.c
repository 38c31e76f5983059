#include "http_reading.h"

#include <string.h>

int64_t http_read_head(http_reading* reading, const http_input* input, const http_limits* limits) {
  const int32_t size = http_parse_request(input->bytes, input->length, limits, &reading->request);
  if (size > 0) reading->head = (uint32_t)size;
  return size;
}

static int64_t read_chunks(http_reading* reading, http_input* input, const http_limits* limits) {
  size_t at = reading->head + reading->content;
  for (;;) {
    uint8_t* const from = input->bytes + at;
    http_chunked* const chunked = &reading->chunked;
    const int32_t result = http_decode_chunked(from, input->length - at, limits, chunked);
    if (result < 0) return result;
    at += chunked->consumed;
    if (result == HTTP_CHUNKED_END) return (int64_t)at;
    if (result == HTTP_CHUNKED_MORE) {
      input->length = reading->head + reading->content;
      return 0;
    }
    memmove(input->bytes + reading->head + reading->content, from + chunked->data.offset, chunked->data.length);
    reading->content += chunked->data.length;
  }
}

int64_t http_read_content(http_reading* reading, http_input* input, const http_limits* limits) {
  if (reading->request.flags & HTTP_CHUNKED) return read_chunks(reading, input, limits);
  const uint64_t expected = http_content_length(&reading->request);
  if (input->length - reading->head < expected) return 0;
  reading->content = (size_t)expected;
  return (int64_t)(reading->head + expected);
}

void http_reading_reset(http_reading* reading) {
  reading->head = 0;
  reading->content = 0;
  reading->chunked = (http_chunked){0};
  reading->request.stage = 0;
}
