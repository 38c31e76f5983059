// The form of a response; the TypeScript server sends the same bytes:
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
  const char* allow;  // the methods for 405; otherwise NULL
  http_text type;
  http_text content;
} http_answer;

enum { HTTP_DATE_LENGTH = 29 };

// The time of the Date header, formatted once a second.
typedef struct {
  time_t second;
  char text[HTTP_DATE_LENGTH + 1];
} http_date;

void http_date_update(http_date* date);

typedef struct {
  bool head;        // the method is HEAD: no content is sent
  bool close;       // the connection is closed after this response
  bool keep_alive;  // to be sent, since the client would not expect it
} http_manner;

// A plain text with the status and its reason.
http_answer http_plain_answer(int status);

void http_write_answer(http_buffer* out, const http_date* date, const http_answer* answer, http_manner manner);

// "100 Continue": the client may send the content now (RFC 9110, 10.1.1).
void http_write_continue(http_buffer* out);

#endif
