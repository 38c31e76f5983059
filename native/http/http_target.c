#include "http_internal.h"

static bool is_digit(uint8_t byte) {
  return byte >= '0' && byte <= '9';
}

// Returns whether two hexadecimal digits follow each "%" (RFC 3986, 2.1).
static bool well_escaped(const uint8_t* at, const uint8_t* end) {
  while (at < end && (at = memchr(at, '%', (size_t)(end - at))) != NULL) {
    if (end - at < 3 || http_hexadecimal(at[1]) < 0 || http_hexadecimal(at[2]) < 0) return false;
    at += 3;
  }
  return true;
}

// The lengths of uri-host [ ":" port ] (RFC 9110, 4.2 and 7.2). The port is -1 if there is none, the host if malformed.
typedef struct {
  long host;
  long port;
} host_and_port;

static host_and_port measure(const uint8_t* bytes, http_span span) {
  const host_and_port malformed = {-1, -1};
  const uint8_t* const from = bytes + span.offset;
  const uint8_t* const end = from + span.length;
  const uint8_t* at = from;
  if (at < end && *at == '[') {
    // An IP literal in brackets, so that its ":" is not read as the beginning of a port.
    do at++;
    while (at < end && (http_is(*at, HTTP_HOST) || *at == ':'));
    if (at == end || *at != ']' || at - from < 2) return malformed;
    at++;
  } else {
    at += http_run(at, end, HTTP_HOST);
  }
  if (!well_escaped(from, at)) return malformed;
  const long host = at - from;
  if (at == end) return (host_and_port){host, -1};
  if (*at++ != ':') return malformed;
  const uint8_t* const port = at;
  while (at < end && is_digit(*at)) at++;
  return at == end ? (host_and_port){host, at - port} : malformed;
}

int32_t http_check_host(const uint8_t* bytes, http_span host) {
  return measure(bytes, host).host < 0 ? -400 : 0;
}

// The length of "http://" or "https://", ignoring case; 0 if the target begins with neither.
static uint32_t scheme_length(const uint8_t* bytes, http_span target) {
  for (uint32_t length = 4; length <= 5 && length + 3 <= target.length; length++) {
    if (http_equals(bytes, (http_span){target.offset, length}, length == 4 ? "http" : "https") &&
        memcmp(bytes + target.offset + length, "://", 3) == 0) {
      return length + 3;
    }
  }
  return 0;
}

static void split_query(const uint8_t* bytes, http_span rest, http_request* request) {
  request->path = rest;
  const uint8_t* mark = memchr(bytes + rest.offset, '?', rest.length);
  if (mark == NULL) return;
  request->path.length = (uint32_t)(mark - (bytes + rest.offset));
  request->query.offset = rest.offset + request->path.length + 1;
  request->query.length = rest.length - request->path.length - 1;
}

static int32_t read_absolute_form(const uint8_t* bytes, http_request* request) {
  const http_span target = request->target;
  const uint32_t scheme = scheme_length(bytes, target);
  if (scheme == 0) return -400;
  uint32_t length = scheme;
  while (length < target.length && bytes[target.offset + length] != '/' && bytes[target.offset + length] != '?') {
    length++;
  }
  request->authority = (http_span){target.offset + scheme, length - scheme};
  // An empty host is invalid (RFC 9110, 4.2.1), and so is user information (4.2.4).
  if (measure(bytes, request->authority).host <= 0) return -400;
  split_query(bytes, (http_span){target.offset + length, target.length - length}, request);
  return 0;
}

int32_t http_read_target(const uint8_t* bytes, http_request* request) {
  const http_span method = request->method, target = request->target;
  const char* const name = (const char*)bytes + method.offset;
  if (method.length == 7 && memcmp(name, "CONNECT", 7) == 0) {
    // authority-form: only for CONNECT, and with a port.
    const host_and_port authority = measure(bytes, target);
    request->authority = target;
    return authority.host > 0 && authority.port > 0 ? 0 : -400;
  }
  if (bytes[target.offset] == '/') {
    split_query(bytes, target, request);
    return 0;
  }
  if (target.length == 1 && bytes[target.offset] == '*') {
    request->path = target;
    return method.length == 7 && memcmp(name, "OPTIONS", 7) == 0 ? 0 : -400;
  }
  return read_absolute_form(bytes, request);
}
