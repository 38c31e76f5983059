// Tells a tracer, a function of JavaScript, of each system call that is made while it is set (src/syscalls/channel.ts).
// Without one a call costs three instructions more.
#ifndef BSD_SOCKETS_TRACE_H
#define BSD_SOCKETS_TRACE_H

#include <node_api.h>
#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "memory.h"
#include "poller.h"

// The environments of this process that have a tracer. Hidden, so that no table of addresses is read for it.
extern std::atomic<int> tracers __attribute__((visibility("hidden")));

// Whether there may be a tracer in this environment.
inline bool Tracing() {
  return __builtin_expect(tracers.load(std::memory_order_relaxed) != 0, 0);
}

// Nanoseconds of CLOCK_MONOTONIC.
uint64_t Now();

// The tracer of this environment, or nullptr.
napi_value TracerOf(napi_env env);

// Makes the call, and then calls the tracer with the call's name, its beginning and end, its result and its arguments,
// of which the prototype has `count`. One that throws for a wrong argument makes no system call, and is not told.
napi_value TraceCall(napi_env env, napi_callback_info info, const char* name, size_t count, napi_callback call);

// The calls of one batch of a loop. They are told after the last of them: a tracer may do what it likes to descriptors
// and memory, so the bytes are copied.
class LoopTrace : public Allocated {
 public:
  void Waited(uint64_t began, int poller, const poller_event* events, int capacity, int result);
  void Received(uint64_t began, int fd, const void* bytes, size_t most, int flags, ssize_t result);
  void Tell(napi_env env);

 private:
  struct Receive {
    uint64_t began, ended;
    int fd, flags;
    const void* bytes;
    size_t most;
    ssize_t result;
  };
  static constexpr int kMost = 256;

  uint64_t began_ = 0, ended_ = 0;
  int poller_ = -1, capacity_ = 0, result_ = 0;
  const poller_event* events_ = nullptr;
  Receive receives_[kMost];
  int count_ = 0;
};

#endif
