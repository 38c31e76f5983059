// A growing buffer of bytes. All zero is an empty one.
#ifndef BSD_SOCKETS_SERVERS_HTTP_BUFFER_H
#define BSD_SOCKETS_SERVERS_HTTP_BUFFER_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint8_t* bytes;
  size_t length;
  size_t capacity;
} http_buffer;

// Makes room for `size` more bytes, and returns its address; the caller raises `length`. If memory is lacking, the
// process ends with a message.
uint8_t* http_buffer_reserve(http_buffer* buffer, size_t size);

void http_buffer_append(http_buffer* buffer, const void* bytes, size_t size);

// Frees the memory.
void http_buffer_clear(http_buffer* buffer);

#endif
