#include "http_response.h"

#include <string.h>

// Each status the server gives; `text` is the reason, and with the number before it the content.
static const struct {
  int status;
  http_text line;
} statuses[] = {
    {200, HTTP_TEXT("200 OK\n")},
    {400, HTTP_TEXT("400 Bad Request\n")},
    {404, HTTP_TEXT("404 Not Found\n")},
    {405, HTTP_TEXT("405 Method Not Allowed\n")},
    {408, HTTP_TEXT("408 Request Timeout\n")},
    {413, HTTP_TEXT("413 Content Too Large\n")},
    {414, HTTP_TEXT("414 URI Too Long\n")},
    {417, HTTP_TEXT("417 Expectation Failed\n")},
    {431, HTTP_TEXT("431 Request Header Fields Too Large\n")},
    {501, HTTP_TEXT("501 Not Implemented\n")},
    {505, HTTP_TEXT("505 HTTP Version Not Supported\n")},
};

// More than all headers need, without the values of Content-Type and Allow.
enum { HEAD_ROOM = 256, LENGTH_DIGITS = 20 };

// "200 OK\n": the number and the reason, for the status line and for the content of a plain answer.
static http_text status_line(int status) {
  size_t i = 0;
  while (statuses[i].status != status) i++;
  return statuses[i].line;
}

void http_date_update(http_date* date) {
  const time_t now = time(NULL);
  if (now == date->second) return;
  struct tm parts;
  gmtime_r(&now, &parts);
  // IMF-fixdate (RFC 9110, 5.6.7); the names are English, since no locale is ever set.
  strftime(date->text, sizeof date->text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  date->second = now;
}

http_answer http_plain_answer(int status) {
  return (http_answer){
      .status = status, .type = HTTP_TEXT("text/plain; charset=utf-8"), .content = status_line(status)};
}

static uint8_t* put(uint8_t* at, http_text text) {
  memcpy(at, text.bytes, text.length);
  return at + text.length;
}

static uint8_t* put_number(uint8_t* at, size_t number) {
  uint8_t digits[LENGTH_DIGITS];
  size_t first = sizeof digits;
  do {
    digits[--first] = (uint8_t)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  return put(at, (http_text){digits + first, sizeof digits - first});
}

void http_write_answer(http_buffer* out, const http_date* date, const http_answer* answer, http_manner manner) {
  const http_text allow = {answer->allow, answer->allow != NULL ? strlen(answer->allow) : 0};
  const size_t content = manner.head ? 0 : answer->content.length;
  uint8_t* const start = http_buffer_reserve(out, HEAD_ROOM + answer->type.length + allow.length + content);
  http_text line = status_line(answer->status);
  line.length--;
  uint8_t* at = put(start, HTTP_TEXT("HTTP/1.1 "));
  at = put(at, line);
  at = put(at, HTTP_TEXT("\r\nDate: "));
  at = put(at, (http_text){date->text, HTTP_DATE_LENGTH});
  at = put(at, HTTP_TEXT("\r\nContent-Type: "));
  at = put(at, answer->type);
  at = put(at, HTTP_TEXT("\r\nContent-Length: "));
  at = put_number(at, answer->content.length);
  if (allow.length > 0) at = put(put(at, HTTP_TEXT("\r\nAllow: ")), allow);
  if (manner.close) at = put(at, HTTP_TEXT("\r\nConnection: close"));
  if (manner.keep_alive) at = put(at, HTTP_TEXT("\r\nConnection: keep-alive"));
  at = put(at, HTTP_TEXT("\r\n\r\n"));
  if (content > 0) at = put(at, answer->content);
  out->length += (size_t)(at - start);
}

void http_write_continue(http_buffer* out) {
  const http_text text = HTTP_TEXT("HTTP/1.1 100 Continue\r\n\r\n");
  http_buffer_append(out, text.bytes, text.length);
}
