#include "http_app.h"

#include <string.h>

static bool is(const uint8_t* bytes, http_span span, const char* word) {
  return span.length == strlen(word) && memcmp(bytes + span.offset, word, span.length) == 0;
}

static http_answer text(http_text content) {
  http_answer answer = http_plain_answer(200);
  answer.content = content;
  return answer;
}

static http_answer answer_hello(const uint8_t* bytes, const http_request* request, http_text content) {
  (void)bytes, (void)request, (void)content;
  return text(HTTP_TEXT("hello world\n"));
}

static http_answer answer_large(const uint8_t* bytes, const http_request* request, http_text content) {
  (void)bytes, (void)request, (void)content;
  static uint8_t zeros[64 * 1024];  // not const: the file of the command then holds none of them
  return (http_answer){.status = 200, .type = HTTP_TEXT("application/octet-stream"), .content = {zeros, sizeof zeros}};
}

static http_answer answer_nothing(const uint8_t* bytes, const http_request* request, http_text content) {
  (void)bytes, (void)request, (void)content;
  return text(HTTP_TEXT(""));
}

// The content as it came, of the type that the client gave it.
static http_answer answer_echo(const uint8_t* bytes, const http_request* request, http_text content) {
  const http_header* header = http_find_header(bytes, request, "content-type");
  http_text type = HTTP_TEXT("application/octet-stream");
  if (header != NULL && header->value.length > 0) {
    type = (http_text){bytes + header->value.offset, header->value.length};
  }
  return (http_answer){.status = 200, .type = type, .content = content};
}

static const struct {
  const char* path;
  const char* allow;
  const char* methods[3];
  http_app* answer;
} routes[] = {
    {"/", "GET, HEAD", {"GET", "HEAD"}, answer_hello},
    {"/echo", "POST", {"POST"}, answer_echo},
    {"/large", "GET, HEAD", {"GET", "HEAD"}, answer_large},
    {"*", "OPTIONS", {"OPTIONS"}, answer_nothing},
};

http_answer http_app_hello(const uint8_t* bytes, const http_request* request, http_text content) {
  for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
    const bool root = request->path.length == 0 && strcmp(routes[i].path, "/") == 0;
    if (!root && !is(bytes, request->path, routes[i].path)) continue;
    for (const char* const* method = routes[i].methods; *method != NULL; method++) {
      if (is(bytes, request->method, *method)) return routes[i].answer(bytes, request, content);
    }
    http_answer answer = http_plain_answer(405);
    answer.allow = routes[i].allow;
    return answer;
  }
  return http_plain_answer(404);
}

http_answer http_app_echo(const uint8_t* bytes, const http_request* request, http_text content) {
  return answer_echo(bytes, request, content);
}
