// libuv watches the poller, on Node. Its functions are looked up at run time, so that the addon also loads without
// libuv. TypeScript decides by the runtime's name whether to use them.
#include <dlfcn.h>
#include <pthread.h>

#include <cerrno>
#include <cstdlib>
#include <new>

#include "loop.h"

namespace {

// The part of uv.h that this file needs. docs.libuv.org, uv_poll_t and uv_handle_t
struct uv_loop_t;
struct uv_handle_t;
constexpr int kUvPoll = 8;      // uv_handle_type: UV_POLL
constexpr int kUvReadable = 1;  // uv_poll_event: UV_READABLE

struct Libuv {
  napi_status (*get_loop)(napi_env, uv_loop_t**);
  size_t (*handle_size)(int type);
  void (*set_data)(uv_handle_t*, void*);
  void* (*get_data)(const uv_handle_t*);
  int (*poll_init)(uv_loop_t*, uv_handle_t*, int fd);
  int (*poll_start)(uv_handle_t*, int events, void (*callback)(uv_handle_t*, int status, int events));
  void (*ref)(uv_handle_t*);
  void (*unref)(uv_handle_t*);
  void (*close)(uv_handle_t*, void (*callback)(uv_handle_t*));

  bool found = false;

  // Not a constructor, so that no static of this kind needs the C++ library's guard.
  void FindAll() {
    found = Find("napi_get_uv_event_loop", &get_loop) && Find("uv_handle_size", &handle_size) &&
            Find("uv_handle_set_data", &set_data) && Find("uv_handle_get_data", &get_data) &&
            Find("uv_poll_init", &poll_init) && Find("uv_poll_start", &poll_start) && Find("uv_ref", &ref) &&
            Find("uv_unref", &unref) && Find("uv_close", &close);
  }

 private:
  template <typename Function>
  static bool Find(const char* name, Function* function) {
    *function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
    return *function != nullptr;
  }
};

const Libuv& uv() {
  static Libuv libuv = {};
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, [] { libuv.FindAll(); });
  return libuv;
}

class UvWatcher final : public Watcher {
 public:
  explicit UvWatcher(Loop* loop) : loop_(loop) {}

  ~UvWatcher() override {
    delete loop_;
    free(handle_);
  }

  // Returns 0 or an errno.
  int Start() {
    uv_loop_t* event_loop = nullptr;
    if (!uv().found || uv().get_loop(loop_->env(), &event_loop) != napi_ok ||
        napi_add_async_cleanup_hook(loop_->env(), OnEnd, this, &hook_) != napi_ok) {
      return ENOSYS;
    }
    handle_ = static_cast<uv_handle_t*>(calloc(1, uv().handle_size(kUvPoll)));
    const int error = handle_ == nullptr ? ENOMEM : -uv().poll_init(event_loop, handle_, loop_->poller());
    if (error != 0) {
      napi_remove_async_cleanup_hook(hook_);
      return error;
    }
    uv().set_data(handle_, this);
    uv().poll_start(handle_, kUvReadable, OnReadable);
    uv().unref(handle_);
    return 0;
  }

  void Hold(bool held) override { held ? uv().ref(handle_) : uv().unref(handle_); }

 private:
  static void OnReadable(uv_handle_t* handle, int, int) {
    static_cast<UvWatcher*>(uv().get_data(handle))->loop_->Dispatch(true);
  }

  // libuv uses a handle's memory until its close callback: the environment waits for that.
  static void OnEnd(napi_async_cleanup_hook_handle, void* data) {
    UvWatcher* const watcher = static_cast<UvWatcher*>(data);
    uv().close(watcher->handle_, [](uv_handle_t* handle) {
      UvWatcher* const closed = static_cast<UvWatcher*>(uv().get_data(handle));
      const napi_async_cleanup_hook_handle hook = closed->hook_;
      delete closed;
      napi_remove_async_cleanup_hook(hook);
    });
  }

  Loop* loop_;
  uv_handle_t* handle_ = nullptr;
  napi_async_cleanup_hook_handle hook_ = nullptr;
};

}  // namespace

int WatchByLibuv(Loop* loop, Watcher** watcher) {
  UvWatcher* const made = new (std::nothrow) UvWatcher(loop);
  if (made == nullptr) delete loop;
  const int error = made == nullptr ? ENOMEM : made->Start();
  if (error == 0) *watcher = made;
  if (error != 0) delete made;
  return error;
}
