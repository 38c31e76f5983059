#include "http_service.h"

#include <stdlib.h>
#include <string.h>

#include "server.h"

// Answers are sent once they have this many bytes, without the last one.
enum { ANSWERS_MAX = 64 * 1024 };

void http_service_open(http_service* service, const http_settings* settings, size_t slab_size) {
  *service = (http_service){.settings = settings, .slab_size = slab_size};
  service->slab = server_room(slab_size);
  if (service->slab == NULL) server_fail("posix_memalign");
  http_service_update(service);
}

void http_service_close(http_service* service) {
  server_room_free(service->slab);
  http_buffer_clear(&service->answers);
}

void http_service_update(http_service* service) {
  service->now = server_now();
  http_date_update(&service->date);
}

static bool has_method(const uint8_t* bytes, const http_request* request, const char* method) {
  const size_t length = strlen(method);
  return request->method.length == length && memcmp(bytes + request->method.offset, method, length) == 0;
}

void http_refuse(http_service* service, const http_reading* reading, const uint8_t* bytes, int status) {
  const http_manner manner = {.head = has_method(bytes, &reading->request, "HEAD"), .close = true};
  const http_answer answer = http_plain_answer(status);
  http_write_answer(&service->answers, &service->date, &answer, manner);
}

// Returns whether the answer is the last.
static bool answer(http_service* service, const http_reading* reading, const uint8_t* bytes) {
  const http_request* request = &reading->request;
  if (has_method(bytes, request, "CONNECT")) {
    // The bytes that follow are for another server (RFC 9110, 9.3.6).
    http_refuse(service, reading, bytes, 501);
    return true;
  }
  const http_text content = {bytes + reading->head, reading->content};
  const http_answer answer = service->settings->app(bytes, request, content);
  const bool keep = request->flags & HTTP_KEEP_ALIVE && !server_stopping();
  const http_manner manner = {
      .head = has_method(bytes, request, "HEAD"), .close = !keep, .keep_alive = keep && request->minor_version == 0};
  http_write_answer(&service->answers, &service->date, &answer, manner);
  return !keep;
}

// Returns the size of the request, 0 while it is incomplete, or a negative status.
static int64_t read_request(http_service* service, http_reading* reading, http_input* input) {
  const http_limits* limits = &service->settings->limits;
  if (reading->head == 0) {
    const int64_t size = http_read_head(reading, input, limits);
    if (size <= 0) return size;
    if (reading->request.flags & HTTP_EXPECT_CONTINUE) http_write_continue(&service->answers);
  }
  return http_read_content(reading, input, limits);
}

bool http_is_full(const http_service* service, const http_input* input) {
  return input->length > 0 && service->answers.length >= ANSWERS_MAX;
}

bool http_serve(http_service* service, http_reading* reading, http_input* input) {
  while (input->length > 0 && !http_is_full(service, input)) {
    const int64_t size = read_request(service, reading, input);
    if (size == 0) return false;
    if (size < 0) {
      http_refuse(service, reading, input->bytes, (int)-size);
      return true;
    }
    if (answer(service, reading, input->bytes)) return true;
    http_reading_reset(reading);
    input->bytes += size;
    input->length -= (size_t)size;
  }
  return false;
}
