#include "trace.h"

#include <sys/socket.h>
#include <time.h>

#include <cerrno>
#include <cstring>

#include "arguments.h"
#include "environment.h"

std::atomic<int> tracers;

uint64_t Now() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

namespace {

constexpr size_t kBefore = 4;  // the name, the beginning, the end and the result are before the arguments

napi_value Number(napi_env env, double number) {
  napi_value value = nullptr;
  napi_create_double(env, number, &value);
  return value;
}

// Any error is dropped: a trace breaks no call. The function catches what its subscribers throw.
void Tell(napi_env env, napi_value tracer, const char* name, uint64_t began, uint64_t ended, napi_value* values,
          size_t count) {
  napi_value receiver = nullptr, ignored = nullptr;
  if (napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &values[0]) != napi_ok ||
      napi_create_bigint_uint64(env, began, &values[1]) != napi_ok ||
      napi_create_bigint_uint64(env, ended, &values[2]) != napi_ok || napi_get_undefined(env, &receiver) != napi_ok) {
    return;
  }
  for (size_t i = 3; i < kBefore + count; i++) {
    if (values[i] == nullptr) return;  // no memory
  }
  if (napi_call_function(env, receiver, tracer, kBefore + count, values, &ignored) == napi_pending_exception) {
    napi_get_and_clear_last_exception(env, &ignored);
  }
}

// A copy of the bytes in an array of `size`; nullptr if there is no memory.
napi_value Copy(napi_env env, const void* bytes, size_t length, size_t size, napi_typedarray_type type, size_t count) {
  void* data = nullptr;
  napi_value buffer = nullptr, array = nullptr;
  if (napi_create_arraybuffer(env, size, &data, &buffer) != napi_ok) return nullptr;
  if (length > 0) memcpy(data, bytes, length);
  return napi_create_typedarray(env, type, count, buffer, 0, &array) == napi_ok ? array : nullptr;
}

}  // namespace

napi_value TraceCall(napi_env env, napi_callback_info info, const char* name, size_t count, napi_callback call) {
  const uint64_t began = Now();
  const napi_value result = call(env, info);
  const uint64_t ended = Now();
  const napi_value tracer = TracerOf(env);
  if (result == nullptr || tracer == nullptr) return result;
  napi_value values[kBefore + kMaxArguments] = {};
  values[kBefore - 1] = result;
  size_t given = count;  // becomes the number of those that were given; missing ones are undefined
  if (napi_get_cb_info(env, info, &given, values + kBefore, nullptr, nullptr) == napi_ok) {
    Tell(env, tracer, name, began, ended, values, count);
  }
  return result;
}

void LoopTrace::Waited(uint64_t began, int poller, const poller_event* events, int capacity, int result) {
  began_ = began;
  ended_ = Now();
  poller_ = poller;
  events_ = events;
  capacity_ = capacity;
  result_ = result;
}

void LoopTrace::Received(uint64_t began, int fd, const void* bytes, size_t most, int flags, ssize_t result) {
  if (count_ < kMost) receives_[count_++] = {began, Now(), fd, flags, bytes, most, result};
}

void LoopTrace::Tell(napi_env env) {
  const napi_value tracer = TracerOf(env);
  if (tracer == nullptr) return;
  const size_t count = result_ > 0 ? static_cast<size_t>(result_) : 0;
  const size_t size = count * sizeof(poller_event);
  napi_value waited[kBefore + 4] = {nullptr,
                                    nullptr,
                                    nullptr,
                                    Number(env, result_),
                                    Number(env, poller_),
                                    Copy(env, events_, size, size, napi_int32_array, count * 2),
                                    Number(env, capacity_),
                                    Number(env, 0)};
  // The bytes are copied before the first call of JavaScript.
  napi_value received[kMost];
  for (int i = 0; i < count_; i++) {
    const Receive& one = receives_[i];
    const size_t length = one.result > 0 ? static_cast<size_t>(one.result) : 0;
    received[i] = Copy(env, one.bytes, length, one.most, napi_uint8_array, one.most);
  }
  ::Tell(env, tracer, "poller_wait", began_, ended_, waited, 4);
  for (int i = 0; i < count_; i++) {
    const Receive& one = receives_[i];
    napi_value values[kBefore + 3] = {nullptr,
                                      nullptr,
                                      nullptr,
                                      Number(env, static_cast<double>(one.result)),
                                      Number(env, one.fd),
                                      received[i],
                                      Number(env, one.flags)};
    ::Tell(env, tracer, "recv", one.began, one.ended, values, 3);
  }
}
