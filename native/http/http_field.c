#include "http_internal.h"

enum {
  HOST = 1,
  LENGTH = 2,
  TRANSFER = 4,         // Transfer-Encoding
  CHUNKED_LAST = 8,     // Transfer-Encoding: its last coding is chunked
  OTHER_CODING = 16,    // Transfer-Encoding: it has another coding
  CLOSE = 32,           // Connection: close
  KEEP_ALIVE = 64,      // Connection: keep-alive
  CONTINUE = 128,       // Expect: 100-continue
  OTHER_EXPECTED = 256  // Expect: something else
};

static const uint64_t MAX_SAFE_INTEGER = (1ULL << 53) - 1;

static http_span trim(const uint8_t* bytes, http_span span) {
  while (span.length > 0 && (bytes[span.offset] == ' ' || bytes[span.offset] == '\t')) {
    span.offset++;
    span.length--;
  }
  while (span.length > 0 &&
         (bytes[span.offset + span.length - 1] == ' ' || bytes[span.offset + span.length - 1] == '\t')) {
    span.length--;
  }
  return span;
}

// Removes the first element of a comma-separated list and returns it. Sets `*more` if a comma followed.
static http_span take_element(const uint8_t* bytes, http_span* list, bool* more) {
  const uint8_t* const from = bytes + list->offset;
  const uint8_t* const comma = memchr(from, ',', list->length);
  *more = comma != NULL;
  const uint32_t length = comma ? (uint32_t)(comma - from) : list->length;
  const http_span element = trim(bytes, (http_span){list->offset, length});
  const uint32_t taken = comma ? length + 1 : length;
  list->offset += taken;
  list->length -= taken;
  return element;
}

static int32_t read_host(const uint8_t* bytes, http_span value, http_request* request) {
  if (request->fields & HOST) return -400;
  request->fields |= HOST;
  // The authority of an absolute target has precedence over Host (RFC 9112, 3.2.2).
  if (request->authority.length == 0) request->authority = value;
  return http_check_host(bytes, value);
}

// 1*DIGIT, once. RFC 9110 (8.6) lets a server reject or accept a list of equal numbers; this one rejects it.
static int32_t read_content_length(const uint8_t* bytes, http_span value, http_request* request) {
  if (request->fields & LENGTH || value.length == 0) return -400;
  request->fields |= LENGTH;
  uint64_t length = 0;
  for (uint32_t i = 0; i < value.length; i++) {
    const uint8_t digit = (uint8_t)(bytes[value.offset + i] - '0');
    if (digit > 9) return -400;
    length = length * 10 + digit;
    if (length > MAX_SAFE_INTEGER) return -400;
  }
  request->content_length[0] = (uint32_t)length;
  request->content_length[1] = (uint32_t)(length >> 32);
  return 0;
}

// A coding after chunked, or chunked with a parameter, makes the end of the body uncertain: both are rejected. Empty
// elements must be ignored (RFC 9110, 5.6.1.2). A proxy that does not recognize "chunked," as chunked could read the
// body as the next request. But a proxy that forwards an unknown coding is itself wrong (RFC 9112, 6.1), and this
// parser rejects Transfer-Encoding together with Content-Length.
static int32_t read_transfer_encoding(const uint8_t* bytes, http_span value, http_request* request) {
  request->fields |= TRANSFER;
  for (bool more = true; more;) {
    const http_span coding = take_element(bytes, &value, &more);
    if (coding.length == 0) continue;
    if (request->fields & CHUNKED_LAST) return -400;
    request->fields |= http_equals(bytes, coding, "chunked") ? CHUNKED_LAST : OTHER_CODING;
  }
  return 0;
}

static void read_expect(const uint8_t* bytes, http_span value, http_request* request) {
  for (bool more = true; more;) {
    const http_span expectation = take_element(bytes, &value, &more);
    if (expectation.length == 0) continue;
    request->fields |= http_equals(bytes, expectation, "100-continue") ? CONTINUE : OTHER_EXPECTED;
  }
}

static void read_connection(const uint8_t* bytes, http_span value, http_request* request) {
  for (bool more = true; more;) {
    const http_span option = take_element(bytes, &value, &more);
    if (http_equals(bytes, option, "close")) request->fields |= CLOSE;
    if (http_equals(bytes, option, "keep-alive")) request->fields |= KEEP_ALIVE;
  }
}

int32_t http_read_field(const uint8_t* bytes, const http_header* header, http_request* request) {
  const http_span name = header->name, value = header->value;
  switch (name.length) {
    case 4:
      if (http_equals(bytes, name, "host")) return read_host(bytes, value, request);
      break;
    case 6:
      if (http_equals(bytes, name, "expect")) read_expect(bytes, value, request);
      break;
    case 10:
      if (http_equals(bytes, name, "connection")) read_connection(bytes, value, request);
      break;
    case 14:
      if (!http_equals(bytes, name, "content-length")) break;
      return read_content_length(bytes, value, request);
    case 17:
      if (!http_equals(bytes, name, "transfer-encoding")) break;
      return read_transfer_encoding(bytes, value, request);
  }
  return 0;
}

// Determines where the body ends (RFC 9112, 6.1 and 6.3).
static int32_t frame_body(const http_limits* limits, http_request* request) {
  const uint32_t fields = request->fields;
  if (fields & TRANSFER) {
    if (fields & LENGTH || request->minor_version == 0 || !(fields & CHUNKED_LAST)) return -400;
    if (fields & OTHER_CODING) return -501;
    request->flags |= HTTP_CHUNKED;
  }
  if (fields & LENGTH) {
    if (http_content_length(request) > limits->body) return -413;
    request->flags |= HTTP_CONTENT_LENGTH;
  }
  return 0;
}

int32_t http_frame(const http_limits* limits, http_request* request) {
  const uint32_t fields = request->fields;
  const bool modern = request->minor_version > 0;
  if (modern && !(fields & HOST)) return -400;
  const int32_t status = frame_body(limits, request);
  if (status < 0) return status;
  if (!(fields & CLOSE) && (modern || fields & KEEP_ALIVE)) request->flags |= HTTP_KEEP_ALIVE;
  // A server must ignore the expectation of an HTTP/1.0 client (RFC 9110, 10.1.1).
  if (!modern) return 0;
  if (fields & OTHER_EXPECTED) return -417;
  const bool content = request->flags & HTTP_CHUNKED || http_content_length(request) > 0;
  if (fields & CONTINUE && content) request->flags |= HTTP_EXPECT_CONTINUE;
  return 0;
}
