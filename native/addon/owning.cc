#include "owning.h"

#include <cstring>

void OwnsPair::OwnPair(napi_env env, int result, Structure<DescriptorPair> pair) {
  if (result != 0) return;
  DescriptorPair made;
  memcpy(&made, pair.data, sizeof made);
  for (const int fd : made.fds) Own(env, fd, true);
}

// The descriptors in the control messages of one message, which has `room` bytes for control messages. cmsg(3)
static void OwnRights(napi_env env, const uint8_t* control, size_t length, size_t room) {
  if (length > room) length = room;
  for (size_t at = 0; at + sizeof(cmsghdr) <= length;) {
    cmsghdr header;
    memcpy(&header, control + at, sizeof header);
    const size_t end = header.cmsg_len < length - at ? at + header.cmsg_len : length;
    if (header.cmsg_len < sizeof header) return;
    if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_RIGHTS) {
      for (size_t i = at + CMSG_LEN(0); i + sizeof(int) <= end; i += sizeof(int)) {
        int fd;
        memcpy(&fd, control + i, sizeof fd);
        Own(env, fd, true);
      }
    }
    at += CMSG_SPACE(header.cmsg_len - CMSG_LEN(0));
  }
}

void OwnsRights::After(napi_env env, ssize_t result, int, Vectors, OptionalBytes, OptionalBytes control,
                       const MessageNumbers* numbers, int) {
  if (result < 0 || numbers == nullptr) return;
  MessageNumbers came;
  memcpy(&came, numbers, sizeof came);
  OwnRights(env, control.data, came.control_length, control.size);
}

void OwnsRights::After(napi_env env, int result, int, Array<MessageResult> results, Bytes, OptionalBytes,
                       OptionalBytes control, int, const timespec*) {
  if (result <= 0) return;
  const size_t slot = control.size / static_cast<size_t>(results.count);
  for (int i = 0; i < result; i++) {
    OwnRights(env, control.data + static_cast<size_t>(i) * slot, results.Get(i).numbers.control_length, slot);
  }
}
