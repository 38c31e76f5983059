// For libFuzzer: the head of an HTTP request. The result is the same in one piece and in any pieces, nothing outside
// the bytes is read, and no head is accepted that RFC 9112 forbids.
#include <strings.h>

#include "check.h"

typedef struct {
  int32_t result;
  http_request request;
} head;

// Calls the parser with what is there from a copy of exactly that size. The pieces end at `cut`, and at each `step`
// bytes.
static void read_head(const input* given, size_t step, size_t cut, head* read) {
  memset(read, 0, sizeof *read);
  for (size_t there = 0; read->result == 0 && there < given->length;) {
    size_t next = there + step;
    if (there < cut && next > cut) next = cut;
    there = next < given->length ? next : given->length;
    uint8_t* copy = malloc(there);
    memcpy(copy, given->bytes, there);
    read->result = http_parse_request(copy, there, given->limits, &read->request);
    free(copy);
  }
}

static bool equals(const uint8_t* bytes, size_t length, const char* word) {
  return length == strlen(word) && strncasecmp((const char*)bytes, word, length) == 0;
}

// What a head says of its body, and of the next request.
typedef struct {
  unsigned hosts, lengths, transfers;
  bool chunked_only, closes, keeps;
  uint64_t length;
} framing;

static void read_framing(const uint8_t* name, size_t name_length, const uint8_t* value, size_t length, framing* found) {
  if (equals(name, name_length, "host")) found->hosts++;
  if (equals(name, name_length, "content-length")) {
    found->lengths++;
    check(length > 0);
    for (size_t i = 0; i < length; i++) {
      check(value[i] >= '0' && value[i] <= '9');
      check(found->length < 1ULL << 59);
      found->length = found->length * 10 + (value[i] - '0');
    }
  }
  const bool transfers = equals(name, name_length, "transfer-encoding");
  if (transfers) found->transfers++;
  if (!transfers && !equals(name, name_length, "connection")) return;
  for (size_t at = 0; at <= length;) {
    size_t end = at;
    while (end < length && value[end] != ',') end++;
    size_t from = at, to = end;
    while (from < to && (value[from] == ' ' || value[from] == '\t')) from++;
    while (to > from && (value[to - 1] == ' ' || value[to - 1] == '\t')) to--;
    const uint8_t* const word = value + from;
    if (transfers && to > from) {
      check(!found->chunked_only && equals(word, to - from, "chunked"));  // another coding is 501
      found->chunked_only = true;
    }
    if (!transfers && equals(word, to - from, "close")) found->closes = true;
    if (!transfers && equals(word, to - from, "keep-alive")) found->keeps = true;
    at = end + 1;
  }
}

// A second, simple reading of a head that was accepted.
static void check_accepted(const input* given, const head* read) {
  const uint8_t* const bytes = given->bytes;
  const http_request* const request = &read->request;
  const size_t size = (size_t)read->result;
  check(size <= given->length);
  size_t at = size >= 2 && memcmp(bytes, "\r\n", 2) == 0 ? 2 : 0;

  // method SP request-target SP HTTP-version
  const long line = line_length(bytes + at, size - at);
  check(line >= 0);
  const uint8_t* const from = bytes + at;
  const uint8_t* const space = memchr(from, ' ', (size_t)line);
  check(space != NULL && is_token(from, (size_t)(space - from)));
  check(request->method.offset == at && request->method.length == space - from);
  const uint8_t* const version = from + line - 8;
  check(version - 1 > space + 1 && version[-1] == ' ');
  check(memcmp(version, "HTTP/1.", 7) == 0 && version[7] >= '0' && version[7] <= '9');
  check(request->target.offset == (size_t)(space + 1 - bytes) && request->target.length == version - 1 - (space + 1));
  for (const uint8_t* byte = space + 1; byte < version - 1; byte++) check(*byte > ' ' && *byte < 0x7f && *byte != '#');
  check(is_inside(request->path, size) && is_inside(request->query, size) && is_inside(request->authority, size));
  const bool modern = version[7] > '0';
  check(request->minor_version == modern);
  at += (size_t)line + 2;

  // *( field-name ":" OWS field-value OWS CRLF ) CRLF
  framing found = {0};
  uint32_t count = 0;
  for (;; count++) {
    const long length = line_length(bytes + at, size - at);
    check(length >= 0);
    const uint8_t* const begin = bytes + at;
    at += (size_t)length + 2;
    if (length == 0) break;
    const uint8_t* const colon = memchr(begin, ':', (size_t)length);
    check(colon != NULL && is_token(begin, (size_t)(colon - begin)));
    const uint8_t* value = colon + 1;
    const uint8_t* end = begin + length;
    while (value < end && (*value == ' ' || *value == '\t')) value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t')) end--;
    check(is_field_content(value, (size_t)(end - value)));
    check(count < request->header_count);
    const http_header* const header = &request->headers[count];
    check(header->name.offset == begin - bytes && header->name.length == colon - begin);
    check(header->value.offset == value - bytes && header->value.length == end - value);
    read_framing(begin, (size_t)(colon - begin), value, (size_t)(end - value), &found);
  }
  check(at == size && count == request->header_count && count <= given->limits->header_count);

  check(modern ? found.hosts == 1 : found.hosts <= 1);                       // RFC 9112, 3.2
  check(found.lengths <= 1 && !(found.lengths > 0 && found.transfers > 0));  // 6.3
  check(found.transfers == 0 || (modern && found.chunked_only));
  check(!(request->flags & HTTP_CHUNKED) == (found.transfers == 0));
  check(!(request->flags & HTTP_CONTENT_LENGTH) == (found.lengths == 0));
  check(http_content_length(request) == found.length && found.length <= given->limits->body);
  check(!(request->flags & HTTP_KEEP_ALIVE) == (found.closes || (!modern && !found.keeps)));  // 9.3
}

static void check_head(const input* given, const head* read) {
  if (read->result > 0) return check_accepted(given, read);
  check(read->result == 0 || (read->result <= -400 && read->result > -600));
  if (read->result < 0 || given->length < 5) return;
  // A head that is there whole is never incomplete.
  for (size_t i = 1; i + 4 <= given->length; i++) check(memcmp(given->bytes + i, "\r\n\r\n", 4) != 0);
}

// JavaScript may write anything into the state.
static void check_any_state(const input* given) {
  head read = {0};
  const size_t size = offsetof(http_request, headers);
  memcpy(&read.request, given->bytes, given->length < size ? given->length : size);
  read.request.stage %= 8;
  http_parse_request(given->bytes, given->length, given->limits, &read.request);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t length) {
  input given;
  if (!read_input(data, length, &given)) return 0;
  check_any_state(&given);
  static head whole, pieces, bytes, halves;
  read_head(&given, given.length, 0, &whole);
  check_head(&given, &whole);
  read_head(&given, given.step, 0, &pieces);
  read_head(&given, 1, 0, &bytes);
  read_head(&given, given.length, given.cut, &halves);
  head* const others[] = {&pieces, &bytes, &halves};
  for (size_t i = 0; i < 3; i++) {
    check(others[i]->result == whole.result);
    if (whole.result <= 0) continue;
    const size_t used = offsetof(http_request, headers) + whole.request.header_count * sizeof(http_header);
    others[i]->request.scanned = whole.request.scanned;
    check(memcmp(&whole.request, &others[i]->request, used) == 0);
  }
  return 0;
}
