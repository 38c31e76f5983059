// The event loop's hold on a poller (native/poller/poller.h): when its descriptor becomes readable, one batch of events
// is drained into an Int32Array and one JavaScript call handles it. There is one for each environment, main or worker.
//
// Who watches the descriptor is the Watcher's business: loop_uv.cc asks libuv, on Node; loop_thread.cc a thread of its
// own, elsewhere.
#ifndef BSD_SOCKETS_LOOP_H
#define BSD_SOCKETS_LOOP_H

#include <node_api.h>

// Drains one batch and calls JavaScript. `make` is for where no callback scope is open: straight from libuv.
class Loop {
 public:
  Loop(napi_env env, int poller, napi_value events, napi_value dispatch);
  ~Loop();  // closes the poller
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void Dispatch(bool make);

  napi_env env() const { return env_; }
  int poller() const { return poller_; }

 private:
  napi_env env_;
  int poller_;
  napi_ref events_ = nullptr;
  napi_ref dispatch_ = nullptr;
  napi_async_context context_ = nullptr;
};

// Watches until the environment ends, and then deletes itself and the loop. It does not keep the process alive unless
// it is held.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void Hold(bool held) = 0;
};

// Each takes the loop over and returns nullptr, the loop deleted, where the environment has not what it needs.
Watcher* WatchByLibuv(Loop* loop);
Watcher* WatchByThread(Loop* loop);

#endif
