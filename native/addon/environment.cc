// What belongs to one environment, the main one or a worker's: its loop, the descriptors that end with it, and the one
// by which other threads wake it. A worker that is being terminated still runs a few of these calls: they take their
// arguments as they are, since Node-API converts none for it any more.
#include <unistd.h>

#include <map>
#include <mutex>
#include <vector>

#include "addon.h"
#include "environment.h"
#include "loop.h"
#include "signals.h"

namespace {

// The descriptors that wake an environment's thread, by a number that is never used again. What is written under the
// lock never goes to a descriptor of somebody else's: an environment takes its own out before it closes it.
std::mutex wakers_lock;
std::map<uint32_t, int> wakers;
uint32_t last_waker = 0;

struct Environment {
  Watcher* watcher = nullptr;  // deletes itself
  std::vector<bool> owned;     // by descriptor
  uint32_t waker = 0;          // its number in `wakers`, once it has one

  ~Environment() {
    {
      const std::lock_guard<std::mutex> lock(wakers_lock);
      wakers.erase(waker);
    }
    for (size_t fd = 0; fd < owned.size(); fd++) {
      if (owned[fd]) close(static_cast<int>(fd));
    }
  }
};

// start(poller, events, slab, receives, dispatch, libuv): from now on `dispatch(count)` is called when `count` events
// stand in the batch (loop.h). The poller is the loop's now. Returns whether that is so.
Napi::Value Start(const Napi::CallbackInfo& info) {
  Environment* environment = info.Env().GetInstanceData<Environment>();
  if (info.Length() < 6 || !info[0].IsNumber() || !info[1].IsTypedArray() || !info[2].IsTypedArray() ||
      !info[3].IsTypedArray() || !info[4].IsFunction()) {
    Napi::TypeError::New(info.Env(), "start takes a poller, three typed arrays, a function and a boolean")
        .ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  if (environment->watcher == nullptr) {
    Own(info.Env(), info[0].As<Napi::Number>(), false);
    Loop* loop = new Loop(info.Env(), info[0].As<Napi::Number>(), {info[1], info[2], info[3]}, info[4]);
    environment->watcher = info[5].As<Napi::Boolean>() ? WatchByLibuv(loop) : WatchByThread(loop);
  }
  return Napi::Boolean::New(info.Env(), environment->watcher != nullptr);
}

// hold(held): whether the loop keeps the process alive.
Napi::Value Hold(const Napi::CallbackInfo& info) {
  Environment* environment = info.Env().GetInstanceData<Environment>();
  if (environment->watcher != nullptr) environment->watcher->Hold(info[0].As<Napi::Boolean>());
  return info.Env().Undefined();
}

// own(fd, owned): whether the descriptor is closed when the environment ends, as a worker that is terminated does.
Napi::Value OwnDescriptor(const Napi::CallbackInfo& info) {
  if (info[0].IsNumber()) Own(info.Env(), info[0].As<Napi::Number>(), info[1].As<Napi::Boolean>());
  return info.Env().Undefined();
}

// waker(fd): the number by which any thread wakes this one until the environment ends: `wake(number)` writes to the
// descriptor. It is not to be closed before, and its writes do not block.
Napi::Value Waker(const Napi::CallbackInfo& info) {
  Environment* environment = info.Env().GetInstanceData<Environment>();
  const int fd = info[0].As<Napi::Number>();
  const std::lock_guard<std::mutex> lock(wakers_lock);
  environment->waker = ++last_waker;
  wakers[environment->waker] = fd;
  return Napi::Number::New(info.Env(), environment->waker);
}

// wake(number): whether there is still such a thread to wake.
Napi::Value Wake(const Napi::CallbackInfo& info) {
  const uint32_t number = info[0].As<Napi::Number>();
  const std::lock_guard<std::mutex> lock(wakers_lock);
  const auto waker = wakers.find(number);
  if (waker == wakers.end()) return Napi::Boolean::New(info.Env(), false);
  const ssize_t ignored = write(waker->second, "", 1);  // where there is no room, it is awake already
  static_cast<void>(ignored);
  return Napi::Boolean::New(info.Env(), true);
}

}  // namespace

void Own(napi_env env, double number, bool owned) {
  if (!(number >= 0) || number >= 1 << 24) return;
  std::vector<bool>& descriptors = Napi::Env(env).GetInstanceData<Environment>()->owned;
  const size_t fd = static_cast<size_t>(number);
  if (fd >= descriptors.size()) descriptors.resize(fd + 1);
  descriptors[fd] = owned;
}

void ExportEnvironment(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment);
  Napi::Object environment = Napi::Object::New(env);
  environment.Set("firstThread", Napi::Boolean::New(env, OnFirstThread()));
  environment.Set("hold", Napi::Function::New(env, Hold, "hold"));
  environment.Set("own", Napi::Function::New(env, OwnDescriptor, "own"));
  environment.Set("signals", Napi::Function::New(env, Signals, "signals"));
  environment.Set("start", Napi::Function::New(env, Start, "start"));
  environment.Set("wake", Napi::Function::New(env, Wake, "wake"));
  environment.Set("waker", Napi::Function::New(env, Waker, "waker"));
  exports.Set("environment", environment);
}
