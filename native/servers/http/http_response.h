// What the server says, always in the same order, which the TypeScript server keeps byte for byte:
//
//   HTTP/1.1 405 Method Not Allowed
//   Date: Sun, 06 Nov 1994 08:49:37 GMT
//   Content-Type: text/plain; charset=utf-8
//   Content-Length: 23
//   Allow: GET, HEAD                            with 405
//   Connection: close                           before the server closes;
//   Connection: keep-alive                      to a client of HTTP/1.0, when it does not
//
//   405 Method Not Allowed                      not to HEAD
#ifndef BSD_SOCKETS_SERVERS_HTTP_RESPONSE_H
#define BSD_SOCKETS_SERVERS_HTTP_RESPONSE_H

#include <stdbool.h>
#include <time.h>

#include "http_buffer.h"

typedef struct {
  const void* bytes;
  size_t length;
} http_text;

#define HTTP_TEXT(literal) ((http_text){literal, sizeof literal - 1})

typedef struct {
  int status;
  const char* allow;  // the methods that 405 tells; else NULL
  http_text type;
  http_text content;
} http_answer;

enum { HTTP_DATE_LENGTH = 29 };

// The time as an answer tells it, written once a second.
typedef struct {
  time_t second;
  char text[HTTP_DATE_LENGTH + 1];
} http_date;

void http_date_update(http_date* date);

typedef struct {
  bool head;        // the method is HEAD: everything but the content
  bool close;       // the connection is closed after this
  bool keep_alive;  // to be said, since the client would not expect it
} http_manner;

// An answer that only says what its status means, as plain text.
http_answer http_plain_answer(int status);

void http_write_answer(http_buffer* out, const http_date* date, const http_answer* answer, http_manner manner);

// "100 Continue": the client may send the content now (RFC 9110, 10.1.1).
void http_write_continue(http_buffer* out);

#endif
