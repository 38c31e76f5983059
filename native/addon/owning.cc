// The calls that make descriptors, and close(2), for a worker: the environment owns each descriptor from the very call
// that makes it. A worker can be terminated between any two statements of JavaScript, so a later statement would be too
// late.
#include <sys/socket.h>

#include <cstring>
#include <iterator>
#include <utility>

#include "addon.h"
#include "environment.h"

namespace {

using Bytes = std::pair<const uint8_t*, size_t>;

Bytes BytesOf(napi_env env, napi_value view) {
  napi_typedarray_type type = napi_uint8_array;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, view, &type, &length, &data, nullptr, nullptr) != napi_ok) return {nullptr, 0};
  const bool words = type == napi_int32_array || type == napi_uint32_array;
  return {static_cast<const uint8_t*>(data), words ? length * 4 : length};
}

template <typename T>
T At(Bytes bytes, size_t index) {
  T value = {};
  if ((index + 1) * sizeof value <= bytes.second) memcpy(&value, bytes.first + index * sizeof value, sizeof value);
  return value;
}

// The descriptors in the control messages of one message. cmsg(3), unix(7)
void OwnRights(napi_env env, const uint8_t* control, size_t length) {
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

// A call leaves its new descriptors in its arguments or in its result.
using Arguments = napi_value[8];

void OwnResult(napi_env env, const Arguments&, double result) {
  Own(env, result, true);
}

template <size_t Index>
void OwnPair(napi_env env, const Arguments& arguments, double) {
  const Bytes fds = BytesOf(env, arguments[Index]);
  Own(env, At<int32_t>(fds, 0), true);
  Own(env, At<int32_t>(fds, 1), true);
}

// recvmsg(fd, iov, name, control, numbers, flags): the second number is the control messages' length.
void OwnMessage(napi_env env, const Arguments& arguments, double) {
  const Bytes control = BytesOf(env, arguments[3]);
  const size_t length = At<uint32_t>(BytesOf(env, arguments[4]), 1);
  OwnRights(env, control.first, length < control.second ? length : control.second);
}

// recvmmsg(fd, results, data, names, controls, flags, timeout): four numbers for each message, the third of which is
// its control messages' length; its slot is as large as every other.
void OwnMessages(napi_env env, const Arguments& arguments, double result) {
  const Bytes results = BytesOf(env, arguments[1]), controls = BytesOf(env, arguments[4]);
  const size_t count = results.second / 16, slot = count == 0 ? 0 : controls.second / count;
  for (size_t i = 0; i < result && i < count; i++) {
    const size_t length = At<uint32_t>(results, i * 4 + 2);
    OwnRights(env, controls.first + i * slot, length < slot ? length : slot);
  }
}

struct Call {
  const char* name;
  void (*own)(napi_env, const Arguments&, double result);  // nullptr: the call closes its first argument
  napi_callback make = FindSyscall(name);                  // nullptr if the kernel has no such call
};

const Call kCalls[] = {
    {"accept", OwnResult},     {"accept4", OwnResult},  {"close", nullptr},    {"epoll_create1", OwnResult},
    {"fcntl", OwnResult},      {"kqueue", OwnResult},   {"pipe2", OwnPair<0>}, {"poller_create", OwnResult},
    {"recvmmsg", OwnMessages}, {"recvmsg", OwnMessage}, {"socket", OwnResult}, {"socketpair", OwnPair<3>},
};

napi_value MakeAndOwn(napi_env env, napi_callback_info info) {
  Arguments arguments;
  size_t count = std::size(arguments);
  void* data = nullptr;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &data);
  const Call& call = *static_cast<const Call*>(data);
  double number = -1;
  if (call.own == nullptr && napi_get_value_double(env, arguments[0], &number) == napi_ok && number >= 0) {
    Own(env, number, false);
  }
  const napi_value result = call.make(env, info);
  if (call.own != nullptr && result != nullptr && napi_get_value_double(env, result, &number) == napi_ok &&
      number >= 0) {
    call.own(env, arguments, number);
  }
  return result;
}

}  // namespace

void ExportOwning(napi_env env, napi_value exports) {
  const napi_value owning = ExportFunctions(env, exports, "owning", {});
  for (const Call& call : kCalls) {
    napi_value function = nullptr;
    if (call.make == nullptr) continue;
    napi_create_function(env, call.name, NAPI_AUTO_LENGTH, MakeAndOwn, const_cast<Call*>(&call), &function);
    napi_set_named_property(env, owning, call.name, function);
  }
}
