// Connects a poller (native/poller/poller.h) to the event loop: when the poller's descriptor becomes readable, one
// batch of events is drained into an Int32Array, and one JavaScript call handles it. Each environment, main or worker,
// has one.
//
// Before that call, bytes are received for the descriptors that request it, one after the other into one slab: so a
// batch of messages crosses the border once. A request is a limit: what is received may be less, as the slab ends.
//
// The descriptors of waiters come first in the batch. They get their bytes before any handler runs, which could end
// their wait.
//
// A Watcher watches the poller's descriptor: by libuv on Node (loop_uv.cc), by a thread elsewhere (loop_thread.cc).
#ifndef BSD_SOCKETS_LOOP_H
#define BSD_SOCKETS_LOOP_H

#include <node_api.h>

#include <cstddef>
#include <cstdint>

#include "memory.h"

// The memory that JavaScript shares with a loop. Handlers see parts of the slab, and could transfer its memory: then
// nothing is received. The other arrays are internal, so their memory never moves.
struct Batch {
  napi_value events;    // Int32Array: per event the descriptor, its readiness, and the result of receiving
  napi_value slab;      // Uint8Array: the received bytes; each receive begins at a multiple of kSlabUnit
  napi_value receives;  // Int32Array: per descriptor, how many bytes to receive at most; negative for a waiter
};
inline constexpr int32_t kNotReceived = INT32_MIN;  // otherwise the result of recv(2), or -errno
inline constexpr size_t kSlabUnit = 64;
inline constexpr int32_t kMore = 32;  // comes with the readiness: the slab had room for no more bytes

// Drains one batch and calls JavaScript. `make`: no callback scope is open, as in a callback of libuv.
class Loop : public Allocated {
 public:
  Loop(napi_env env, int poller, const Batch& batch, napi_value dispatch);
  ~Loop();  // closes the poller
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Whether the constructor has succeeded.
  bool whole() const { return events_.data != nullptr && receives_.data != nullptr && dispatch_ != nullptr; }

  void Dispatch(bool make);

  napi_env env() const { return env_; }
  int poller() const { return poller_; }

 private:
  template <bool kTraced>
  int Wait();  // fills the batch and returns the number of events
  int64_t RequestOf(int fd) const { return static_cast<size_t>(fd) < receives_.count ? receives_.data[fd] : 0; }

  napi_env env_;
  int poller_;
  template <typename T>
  struct Shared {
    T* data = nullptr;
    size_t count = 0;
  };
  template <typename T>
  Shared<T> Share(napi_value array, napi_typedarray_type type);  // keeps the array; empty if it is not of this type

  Shared<int32_t> events_;
  Shared<int32_t> receives_;
  napi_ref slab_ = nullptr;
  napi_ref dispatch_ = nullptr;
  napi_async_context context_ = nullptr;
};

// Watches until the environment ends; then deletes itself and the loop. It keeps the process alive only while it is
// held.
class Watcher : public Allocated {
 public:
  virtual ~Watcher() = default;
  virtual void Hold(bool held) = 0;
};

// Each takes ownership of the loop. Returns 0; or an errno, after deleting the loop: ENOSYS if the environment does not
// support it.
int WatchByLibuv(Loop* loop, Watcher** watcher);
int WatchByThread(Loop* loop, Watcher** watcher);

#endif
