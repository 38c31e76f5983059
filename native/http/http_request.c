#include "http_internal.h"

// The longest registered method name has 17 bytes.
enum { METHOD_MAX = 32, VERSION_LENGTH = 8 };

enum { NEW, START, AFTER_EMPTY_LINE, HEADERS };

static uint64_t at_most(uint64_t value, uint64_t limit) {
  return value < limit ? value : limit;
}

static int32_t read_version(const uint8_t* version, http_request* request) {
  if (memcmp(version, "HTTP/", 5) != 0 || version[6] != '.') return -400;
  const unsigned major = version[5] - '0', minor = version[7] - '0';
  if (major > 9 || minor > 9) return -400;
  if (major != 1) return -505;
  request->minor_version = minor > 0;
  return 0;
}

// Reads the method of a request line that is incomplete or rejected: an answer to HEAD must not have content, not even
// an error's.
static void read_method(const uint8_t* bytes, size_t end, http_request* request) {
  const size_t line = request->line;
  const size_t most = (size_t)at_most(end, line + METHOD_MAX);
  const size_t method = http_run(bytes + line, bytes + most, HTTP_TOKEN);
  if (line + method == end || bytes[line + method] != ' ') return;
  request->method = (http_span){(uint32_t)line, (uint32_t)method};
}

// method SP request-target SP HTTP-version (RFC 9112, 3), from `request->line` up to `end`.
static int32_t read_request_line(const uint8_t* bytes, size_t end, http_request* request) {
  const size_t line = request->line;
  const size_t method = http_run(bytes + line, bytes + end, HTTP_TOKEN);
  const size_t target = line + method + 1;
  if (method == 0 || target + 1 + 1 + VERSION_LENGTH > end) return -400;
  const size_t version = end - VERSION_LENGTH;
  if (bytes[target - 1] != ' ' || bytes[version - 1] != ' ') return -400;
  const int32_t status = read_version(bytes + version, request);
  if (status < 0) return status;
  const size_t length = version - 1 - target;
  if (http_run(bytes + target, bytes + target + length, HTTP_TARGET) < length) return -400;
  if (method > METHOD_MAX) return -501;
  request->method = (http_span){(uint32_t)line, (uint32_t)method};
  request->target = (http_span){(uint32_t)target, (uint32_t)length};
  return http_read_target(bytes, request);
}

// field-name ":" OWS field-value OWS (RFC 9112, 5), from `request->line` up to `end`. White space
// before the name (a folded line) or before the colon is rejected: a name has none.
static int32_t read_header_line(const uint8_t* bytes, size_t end, const http_limits* limits, http_request* request) {
  if (request->header_count >= at_most(limits->header_count, HTTP_HEADERS_MAX)) return -431;
  const size_t line = request->line;
  const size_t name = http_run(bytes + line, bytes + end, HTTP_TOKEN);
  size_t from = line + name;
  if (name == 0 || from == end || bytes[from] != ':') return -400;
  from++;
  if (http_run(bytes + from, bytes + end, HTTP_VALUE) < end - from) return -400;
  while (from < end && (bytes[from] == ' ' || bytes[from] == '\t')) from++;
  while (from < end && (bytes[end - 1] == ' ' || bytes[end - 1] == '\t')) end--;
  http_header* header = &request->headers[request->header_count++];
  header->name = (http_span){(uint32_t)line, (uint32_t)name};
  header->value = (http_span){(uint32_t)from, (uint32_t)(end - from)};
  return http_read_field(bytes, header, request);
}

// Checks the limits of a line of which the bytes before `end` are there, complete or not.
static int32_t check_limits(size_t end, const http_limits* limits, const http_request* request) {
  if (request->stage == HEADERS) {
    const uint64_t limit = at_most(limits->header_bytes, HTTP_HEADER_BYTES_MAX);
    return end - request->headers_from > limit ? -431 : 0;
  }
  const uint64_t limit = at_most(limits->request_line, HTTP_REQUEST_LINE_MAX);
  return end - request->line > limit ? -414 : 0;
}

// Reads the line that ends before `end`; the next line begins at `next`. Returns the same as http_parse_request.
static int32_t read_line(const uint8_t* bytes, size_t end, size_t next, const http_limits* limits,
                         http_request* request) {
  const bool empty = end == request->line;
  int32_t status = 0;
  if (request->stage == HEADERS && empty) {
    status = http_frame(limits, request);
    return status < 0 ? status : (int32_t)next;
  }
  if (request->stage == HEADERS) {
    status = read_header_line(bytes, end, limits, request);
  } else if (request->stage == START && empty) {
    // One empty line before a request is ignored (RFC 9112, 2.2).
    request->stage = AFTER_EMPTY_LINE;
  } else {
    status = read_request_line(bytes, end, request);
    request->stage = HEADERS;
    request->headers_from = (uint32_t)next;
  }
  if (status == 0) request->line = request->scanned = (uint32_t)next;
  return status;
}

// Reads all complete lines. Returns the same as http_parse_request.
static int32_t read_lines(const uint8_t* bytes, size_t length, const http_limits* limits, http_request* request) {
  for (;;) {
    const size_t line = request->line;
    if (line == length) return 0;
    // Rejected at once: a client of another protocol may never send the end of a line.
    if (request->stage != HEADERS && !http_is(bytes[line], HTTP_TOKEN) &&
        !(request->stage == START && bytes[line] == '\r')) {
      return -400;
    }
    const uint8_t* newline = memchr(bytes + request->scanned, '\n', length - request->scanned);
    size_t end = newline ? (size_t)(newline - bytes) : length;
    const size_t next = end + 1;
    const bool carriage = end > line && bytes[end - 1] == '\r';
    if (carriage) end--;
    const bool first = request->stage != HEADERS;
    int32_t result = check_limits(end, limits, request);
    if (newline == NULL) {
      if (first) read_method(bytes, end, request);
      request->scanned = (uint32_t)length;
      return result;
    }
    if (result == 0) result = carriage ? read_line(bytes, end, next, limits, request) : -400;
    if (result < 0 && first) read_method(bytes, end, request);
    if (result != 0) return result;
  }
}

int32_t http_parse_request(const uint8_t* bytes, size_t length, const http_limits* limits, http_request* request) {
  if (request->stage == NEW) {
    memset(request, 0, offsetof(http_request, headers));
    request->stage = START;
  }
  const bool fits = request->line <= request->scanned && request->scanned <= length;
  const int32_t result = fits ? read_lines(bytes, length, limits, request) : -400;
  if (result != 0) request->stage = NEW;
  return result;
}

const http_header* http_find_header(const uint8_t* bytes, const http_request* request, const char* name) {
  for (uint32_t i = 0; i < request->header_count; i++) {
    if (http_equals(bytes, request->headers[i].name, name)) return &request->headers[i];
  }
  return NULL;
}
