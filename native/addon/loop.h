// The event loop's hold on a poller (native/poller/poller.h): when its descriptor becomes readable, one batch of events
// is drained into an Int32Array and one JavaScript call handles it. There is one for each environment, main or worker.
//
// What has come for the descriptors that ask for it is received before that call, each behind the other in one slab:
// so a batch of messages crosses the border once.
//
// Who watches the descriptor is the Watcher's business: loop_uv.cc asks libuv, on Node; loop_thread.cc a thread of its
// own, elsewhere.
#ifndef BSD_SOCKETS_LOOP_H
#define BSD_SOCKETS_LOOP_H

#include <node_api.h>

#include <cstddef>
#include <cstdint>

#include "memory.h"

// What JavaScript shares with a loop. Its handlers see pieces of the slab: where they have given that away all the
// same, nothing is received. The memory of the others stays where it is: nobody else has them.
struct Batch {
  napi_value events;    // Int32Array: of each event the descriptor, its readiness, and what receiving gave
  napi_value slab;      // Uint8Array: what was received, each beginning at a multiple of kSlabUnit
  napi_value receives;  // Uint8Array: by descriptor, whether what has come for it is to be received
};
inline constexpr int32_t kNotReceived = INT32_MIN;  // else it is what recv(2) returned, or -errno
inline constexpr size_t kSlabUnit = 64;

// Drains one batch and calls JavaScript. `make` is for where no callback scope is open: straight from libuv.
class Loop : public Allocated {
 public:
  Loop(napi_env env, int poller, const Batch& batch, napi_value dispatch);
  ~Loop();  // closes the poller
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Whether it was made with what it needs.
  bool whole() const { return events_.data != nullptr && receives_.data != nullptr && dispatch_ != nullptr; }

  void Dispatch(bool make);

  napi_env env() const { return env_; }
  int poller() const { return poller_; }

 private:
  int Wait();  // fills the batch and returns how many events stand in it

  napi_env env_;
  int poller_;
  template <typename T>
  struct Shared {
    T* data = nullptr;
    size_t count = 0;
  };
  template <typename T>
  Shared<T> Share(napi_value array, napi_typedarray_type type);  // keeps it; nothing where it is none of this type

  Shared<int32_t> events_;
  Shared<uint8_t> receives_;
  napi_ref slab_ = nullptr;
  napi_ref dispatch_ = nullptr;
  napi_async_context context_ = nullptr;
};

// Watches until the environment ends, and then deletes itself and the loop. It does not keep the process alive unless
// it is held.
class Watcher : public Allocated {
 public:
  virtual ~Watcher() = default;
  virtual void Hold(bool held) = 0;
};

// Each takes the loop over. They return 0, or an errno, the loop deleted: ENOSYS where the environment has not what
// this needs.
int WatchByLibuv(Loop* loop, Watcher** watcher);
int WatchByThread(Loop* loop, Watcher** watcher);

#endif
