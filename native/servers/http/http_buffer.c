#include "http_buffer.h"

#include <stdlib.h>
#include <string.h>

#include "server.h"

enum { SMALLEST = 1024 };

uint8_t* http_buffer_reserve(http_buffer* buffer, size_t size) {
  const size_t needed = buffer->length + size;
  if (needed > buffer->capacity) {
    size_t capacity = buffer->capacity < SMALLEST ? SMALLEST : buffer->capacity;
    while (capacity < needed) capacity *= 2;
    buffer->bytes = realloc(buffer->bytes, capacity);
    if (buffer->bytes == NULL) server_fail("realloc");
    buffer->capacity = capacity;
  }
  return buffer->bytes + buffer->length;
}

void http_buffer_append(http_buffer* buffer, const void* bytes, size_t size) {
  if (size == 0) return;
  memcpy(http_buffer_reserve(buffer, size), bytes, size);
  buffer->length += size;
}

void http_buffer_clear(http_buffer* buffer) {
  free(buffer->bytes);
  *buffer = (http_buffer){0};
}
