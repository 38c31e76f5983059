// Bytes that grow at the end. All zero is an empty one.
#ifndef BSD_SOCKETS_SERVERS_HTTP_BUFFER_H
#define BSD_SOCKETS_SERVERS_HTTP_BUFFER_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint8_t* bytes;
  size_t length;
  size_t capacity;
} http_buffer;

// Makes room for `size` bytes more and returns where they go; `length` is left for the caller to
// raise. The process ends with a message when there is no memory.
uint8_t* http_buffer_reserve(http_buffer* buffer, size_t size);

void http_buffer_append(http_buffer* buffer, const void* bytes, size_t size);

// Gives the memory back.
void http_buffer_clear(http_buffer* buffer);

#endif
