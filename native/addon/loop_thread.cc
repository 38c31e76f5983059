// A thread watches the poller, and calls JavaScript through a thread-safe function: for runtimes that run Node-API
// addons without libuv.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "loop.h"

namespace {

class ThreadWatcher final : public Watcher {
 public:
  explicit ThreadWatcher(Loop* loop) : loop_(loop) {}

  ~ThreadWatcher() override {
    delete loop_;
    for (const int fd : wake_) {
      if (fd >= 0) close(fd);
    }
  }

  // Returns 0 or an errno.
  int Start() {
    if (pipe(wake_) != 0) return errno;
    for (const int fd : wake_) fcntl(fd, F_SETFD, FD_CLOEXEC);
    // Not in the AsyncLocalStorage context of the first waiter: its store would be kept for ever, and all later calls
    // would run in it. A callback without a context runs in none.
    napi_value create = nullptr, receiver = nullptr, ignored = nullptr;
    napi_create_function(loop_->env(), "bsd-sockets", NAPI_AUTO_LENGTH, Create, this, &create);
    napi_create_object(loop_->env(), &receiver);
    napi_make_callback(loop_->env(), nullptr, receiver, create, 0, nullptr, &ignored);
    if (function_ == nullptr) return ENOSYS;
    napi_unref_threadsafe_function(loop_->env(), function_);
    const int error = pthread_create(&thread_, nullptr, Run, this);
    if (error != 0) {
      napi_release_threadsafe_function(function_, napi_tsfn_abort);
      return error;
    }
    return napi_add_env_cleanup_hook(loop_->env(), OnEnd, this) == napi_ok ? 0 : ENOSYS;
  }

  void Hold(bool held) override {
    if (held) {
      napi_ref_threadsafe_function(loop_->env(), function_);
    } else {
      napi_unref_threadsafe_function(loop_->env(), function_);
    }
  }

 private:
  static napi_value Create(napi_env env, napi_callback_info info) {
    void* data = nullptr;
    napi_value name = nullptr;
    napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
    ThreadWatcher* const watcher = static_cast<ThreadWatcher*>(data);
    napi_create_string_utf8(env, "bsd-sockets", NAPI_AUTO_LENGTH, &name);
    napi_create_threadsafe_function(env, nullptr, nullptr, name, 1, 1, nullptr, nullptr, watcher, OnCall,
                                    &watcher->function_);
    return nullptr;
  }

  // The thread reports once, and then waits until JavaScript has drained the batch: the poller stays readable until
  // then.
  static void* Run(void* data) {
    ThreadWatcher* const watcher = static_cast<ThreadWatcher*>(data);
    pollfd fds[2] = {{watcher->loop_->poller(), POLLIN, 0}, {watcher->wake_[0], POLLIN, 0}};
    for (;;) {
      if (poll(fds, 2, -1) < 0 && errno != EINTR) return nullptr;
      if (fds[1].revents != 0) {
        char word = kEnd;
        if (read(watcher->wake_[0], &word, 1) == 1 && word == kEnd) return nullptr;
        fds[0].fd = watcher->loop_->poller();
      } else if (fds[0].fd >= 0 && fds[0].revents != 0) {
        fds[0].fd = -1;  // not polled until the batch is drained
        if (napi_call_threadsafe_function(watcher->function_, nullptr, napi_tsfn_blocking) != napi_ok) return nullptr;
      }
    }
  }

  static void OnCall(napi_env env, napi_value, void* context, void*) {
    ThreadWatcher* const watcher = static_cast<ThreadWatcher*>(context);
    if (env == nullptr) return;  // the environment is ending
    watcher->loop_->Dispatch(false);
    watcher->Tell(kDrained);
  }

  static void OnEnd(void* data) {
    ThreadWatcher* const watcher = static_cast<ThreadWatcher*>(data);
    watcher->Tell(kEnd);
    pthread_join(watcher->thread_, nullptr);
    napi_release_threadsafe_function(watcher->function_, napi_tsfn_abort);
    delete watcher;
  }

  void Tell(char word) {
    while (write(wake_[1], &word, 1) < 0 && errno == EINTR) continue;
  }

  static constexpr char kDrained = 'd';
  static constexpr char kEnd = 'e';

  Loop* loop_;
  int wake_[2] = {-1, -1};
  napi_threadsafe_function function_ = nullptr;
  pthread_t thread_ = {};
};

}  // namespace

int WatchByThread(Loop* loop, Watcher** watcher) {
  ThreadWatcher* const made = new (std::nothrow) ThreadWatcher(loop);
  if (made == nullptr) delete loop;
  const int error = made == nullptr ? ENOMEM : made->Start();
  if (error == 0) *watcher = made;
  if (error != 0) delete made;
  return error;
}
