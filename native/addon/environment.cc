// The state of one environment, the main one or a worker's: its loop, the descriptors that are closed with it, and the
// descriptor by which other threads wake it; and where memory of it begins. A worker that is being terminated still
// makes a few of these calls: they read their arguments without conversions, since Node-API makes none for it any more.
#include "environment.h"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>

#include "addon.h"
#include "lock.h"
#include "loop.h"
#include "memory.h"
#include "signals.h"
#include "trace.h"

namespace {

constexpr size_t kMaxDescriptors = 1 << 24;

struct Environment : Allocated {
  Watcher* watcher = nullptr;  // deletes itself
  uint8_t* owned = nullptr;    // a bit per descriptor, in a worker
  size_t owned_end = 0;        // all bytes from here on are 0
  napi_ref refused = nullptr;  // called with the error of a wrong argument, and the argument's name
  napi_ref tracer = nullptr;   // called after each system call (trace.h)
  bool traced = false;         // whether it is

  // For the list of environments that can be woken.
  uint32_t waker = 0;
  int waker_fd = -1;
  Environment* next = nullptr;

  ~Environment();
};

// The environments that can be woken, each by a number that is never reused. A write under the lock never reaches a
// descriptor of another owner: an environment removes its descriptor before it closes that.
Lock wakers_lock;
Environment* wakers = nullptr;
uint32_t last_waker = 0;

Environment::~Environment() {
  if (traced) tracers--;
  {
    const std::lock_guard<Lock> lock(wakers_lock);
    for (Environment** place = &wakers; *place != nullptr; place = &(*place)->next) {
      if (*place != this) continue;
      *place = next;
      break;
    }
  }
  for (size_t fd = 0; fd < owned_end * 8; fd++) {
    if ((owned[fd / 8] >> fd % 8 & 1) != 0) close(static_cast<int>(fd));
  }
  free(owned);
}

Environment* EnvironmentOf(napi_env env) {
  void* environment = nullptr;
  napi_get_instance_data(env, &environment);
  return static_cast<Environment*>(environment);
}

// The arguments of a call; missing ones are undefined.
struct Values {
  napi_env env;
  napi_value values[6];

  Values(napi_env env_, napi_callback_info info) : env(env_) {
    size_t count = 6;
    napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  }
  double Number(size_t i) const {  // -1 if it is not a number
    double number = -1;
    napi_get_value_double(env, values[i], &number);
    return number;
  }
  bool Boolean(size_t i) const {
    bool boolean = false;
    napi_get_value_bool(env, values[i], &boolean);
    return boolean;
  }
};

napi_value Boolean(napi_env env, bool boolean) {
  napi_value value = nullptr;
  napi_get_boolean(env, boolean, &value);
  return value;
}

napi_value Number(napi_env env, double number) {
  napi_value value = nullptr;
  napi_create_double(env, number, &value);
  return value;
}

// start(poller, events, slab, receives, dispatch, libuv): from now on calls `dispatch(count)` when the batch holds
// `count` events (loop.h). The loop owns the poller, and closes it on failure. Returns 0 or -errno: -ENOSYS if there is
// no event loop.
napi_value Start(napi_env env, napi_callback_info info) {
  const Values values(env, info);
  Environment* const environment = EnvironmentOf(env);
  const int poller = static_cast<int>(values.Number(0));
  if (environment->watcher != nullptr) return Number(env, 0);
  Own(env, poller, false);
  Loop* const loop =
      new (std::nothrow) Loop(env, poller, {values.values[1], values.values[2], values.values[3]}, values.values[4]);
  if (loop == nullptr) {
    close(poller);
    return Number(env, -ENOMEM);
  }
  if (!loop->whole()) {
    delete loop;
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE",
                          "A loop takes an Int32Array, a Uint8Array, an Int32Array and a function");
    return nullptr;
  }
  const int error =
      values.Boolean(5) ? WatchByLibuv(loop, &environment->watcher) : WatchByThread(loop, &environment->watcher);
  return Number(env, -error);
}

// refused(add): from now on calls `add(error, name)` before the error of a wrong argument is thrown.
napi_value SetRefused(napi_env env, napi_callback_info info) {
  Environment* const environment = EnvironmentOf(env);
  if (environment->refused == nullptr)
    napi_create_reference(env, Values(env, info).values[0], 1, &environment->refused);
  return nullptr;
}

// trace(traced, tracer): from now on calls `tracer` after each system call, or no more; the first tracer stays. trace.h
// has its arguments.
napi_value Trace(napi_env env, napi_callback_info info) {
  const Values values(env, info);
  Environment* const environment = EnvironmentOf(env);
  const bool traced = values.Boolean(0);
  if (environment->tracer == nullptr) napi_create_reference(env, values.values[1], 1, &environment->tracer);
  if (environment->traced != traced) tracers += traced ? 1 : -1;
  environment->traced = traced;
  return nullptr;
}

// thread(): the system's number of this thread.
napi_value Thread(napi_env env, napi_callback_info) {
  return Number(env, ThreadNumber());
}

// clock(): the time by which a tracer is told beginnings and ends, in nanoseconds.
napi_value Clock(napi_env env, napi_callback_info) {
  napi_value value = nullptr;
  napi_create_bigint_uint64(env, Now(), &value);
  return value;
}

// hold(held): whether the loop keeps the process alive.
napi_value Hold(napi_env env, napi_callback_info info) {
  Environment* const environment = EnvironmentOf(env);
  if (environment->watcher != nullptr) environment->watcher->Hold(Values(env, info).Boolean(0));
  return nullptr;
}

// own(fd, owned): whether a worker's descriptor is closed when its environment ends, as when it is terminated.
napi_value OwnDescriptor(napi_env env, napi_callback_info info) {
  const Values values(env, info);
  Own(env, values.Number(0), values.Boolean(1));
  return nullptr;
}

// waker(fd): returns the number by which any thread wakes this one until the environment ends: `wake(number)` writes to
// the descriptor, which must be non-blocking and stay open until then.
napi_value Waker(napi_env env, napi_callback_info info) {
  Environment* const environment = EnvironmentOf(env);
  const std::lock_guard<Lock> lock(wakers_lock);
  if (environment->waker == 0) {
    environment->next = wakers;
    wakers = environment;
  }
  environment->waker = ++last_waker;
  environment->waker_fd = static_cast<int>(Values(env, info).Number(0));
  return Number(env, environment->waker);
}

// wake(number): wakes the thread of this number. Returns false if it has ended.
napi_value Wake(napi_env env, napi_callback_info info) {
  const double number = Values(env, info).Number(0);
  const std::lock_guard<Lock> lock(wakers_lock);
  for (const Environment* one = wakers; one != nullptr; one = one->next) {
    if (one->waker != number) continue;
    const ssize_t ignored = write(one->waker_fd, "", 1);  // if there is no room, the thread is awake already
    static_cast<void>(ignored);
    return Boolean(env, true);
  }
  return Boolean(env, false);
}

// offsetInPage(buffer): how far behind the beginning of a page of 4,096 bytes its memory begins; 0 if it is none.
napi_value OffsetInPage(napi_env env, napi_callback_info info) {
  void* memory = nullptr;
  napi_get_buffer_info(env, Values(env, info).values[0], &memory, nullptr);
  return Number(env, static_cast<double>(reinterpret_cast<uintptr_t>(memory) % 4096));
}

}  // namespace

void Own(napi_env env, double number, bool owned) {
  Environment* const environment = EnvironmentOf(env);
  if (!(number >= 0) || number >= kMaxDescriptors || environment->owned == nullptr) return;
  const size_t fd = static_cast<size_t>(number);
  const uint8_t bit = static_cast<uint8_t>(1 << fd % 8);
  if (owned) {
    environment->owned[fd / 8] |= bit;
    if (fd / 8 >= environment->owned_end) environment->owned_end = fd / 8 + 1;
  } else if (fd / 8 < environment->owned_end) {
    environment->owned[fd / 8] &= static_cast<uint8_t>(~bit);
  }
}

napi_value TracerOf(napi_env env) {
  const Environment* const environment = EnvironmentOf(env);
  napi_value tracer = nullptr;
  if (environment->traced) napi_get_reference_value(env, environment->tracer, &tracer);
  return tracer;
}

void TellRefused(napi_env env, const char* argument) {
  Environment* const environment = EnvironmentOf(env);
  napi_value values[2] = {nullptr, nullptr}, refused = nullptr, undefined = nullptr, thrown = nullptr;
  if (environment->refused == nullptr || napi_get_and_clear_last_exception(env, &values[0]) != napi_ok) return;
  if (napi_get_reference_value(env, environment->refused, &refused) == napi_ok &&
      napi_create_string_utf8(env, argument, NAPI_AUTO_LENGTH, &values[1]) == napi_ok &&
      napi_get_undefined(env, &undefined) == napi_ok &&
      napi_call_function(env, undefined, refused, 2, values, nullptr) == napi_pending_exception)
    napi_get_and_clear_last_exception(env, &thrown);
  napi_throw(env, values[0]);
}

void ExportEnvironment(napi_env env, napi_value exports) {
  Environment* const environment = new (std::nothrow) Environment;
  const auto end = [](napi_env, void* data, void*) { delete static_cast<Environment*>(data); };
  if (environment == nullptr || napi_set_instance_data(env, environment, end, nullptr) != napi_ok) {
    delete environment;
    ThrowNoMemory(env);
    return;
  }
  const bool first_thread = OnFirstThread();
  // Room for every possible descriptor at once, so that none is lost for lack of memory. Pages are used when written.
  if (!first_thread) environment->owned = static_cast<uint8_t*>(calloc(kMaxDescriptors / 8, 1));
  if (!first_thread && environment->owned == nullptr) ThrowNoMemory(env);
  const napi_value object = ExportFunctions(env, exports, "environment",
                                            {{"clock", Clock},
                                             {"hold", Hold},
                                             {"offsetInPage", OffsetInPage},
                                             {"own", OwnDescriptor},
                                             {"refused", SetRefused},
                                             {"signals", Signals},
                                             {"start", Start},
                                             {"thread", Thread},
                                             {"trace", Trace},
                                             {"wake", Wake},
                                             {"waker", Waker}});
  napi_set_named_property(env, object, "firstThread", Boolean(env, first_thread));
}
