// The request parser of native/http, over views. Its state between calls is in JavaScript's memory: whatever that
// holds, the parser reads nothing outside the bytes.
#include "http_parser.h"

#include <cerrno>
#include <cstdint>

#include "calls.h"

namespace {

bool Aligned(const void* structure, size_t alignment) {
  return structure != nullptr && reinterpret_cast<uintptr_t>(structure) % alignment == 0;
}

bool Within(Bytes bytes, uint32_t start, uint32_t end) {
  return start <= end && end <= bytes.size;
}

}  // namespace

int HttpParseRequest(Bytes bytes, uint32_t start, uint32_t end, http_limits* limits, http_request* request) {
  if (!Within(bytes, start, end) || !Aligned(limits, alignof(http_limits)) ||
      !Aligned(request, alignof(http_request))) {
    errno = EINVAL;
    return -1;
  }
  return http_parse_request(bytes.data + start, end - start, limits, request);
}

int HttpDecodeChunked(Bytes bytes, uint32_t start, uint32_t end, http_limits* limits, http_chunked* chunked) {
  if (!Within(bytes, start, end) || !Aligned(limits, alignof(http_limits)) ||
      !Aligned(chunked, alignof(http_chunked))) {
    errno = EINVAL;
    return -1;
  }
  return http_decode_chunked(bytes.data + start, end - start, limits, chunked);
}
