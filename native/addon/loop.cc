#include "loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "poller.h"
#include "trace.h"

namespace {

constexpr int kMaxEvents = 256;
constexpr size_t kEventSize = 3;  // int32_t per event

}  // namespace

template <typename T>
Loop::Shared<T> Loop::Share(napi_value array, napi_typedarray_type expected) {
  napi_typedarray_type type = expected;
  void* data = nullptr;
  size_t count = 0;
  napi_ref ignored = nullptr;
  if (napi_get_typedarray_info(env_, array, &type, &count, &data, nullptr, nullptr) != napi_ok || type != expected ||
      napi_create_reference(env_, array, 1, &ignored) != napi_ok) {
    return {};
  }
  static T none;
  return {data == nullptr ? &none : static_cast<T*>(data), count};
}

Loop::Loop(napi_env env, int poller, const Batch& batch, napi_value dispatch)
    : env_(env),
      poller_(poller),
      events_(Share<int32_t>(batch.events, napi_int32_array)),
      receives_(Share<int32_t>(batch.receives, napi_int32_array)) {
  napi_create_reference(env, batch.slab, 1, &slab_);
  napi_create_reference(env, dispatch, 1, &dispatch_);
}

// References are deleted with the environment; some runtimes accept no Node-API call any more at that time.
Loop::~Loop() {
  close(poller_);
}

// Receives for the descriptors that request it, as long as the slab has room. For all others JavaScript receives
// itself. `kTraced`: a tracer is told of the calls.
template <bool kTraced>
int Loop::Wait() {
  [[maybe_unused]] LoopTrace* const trace = kTraced ? new (std::nothrow) LoopTrace : nullptr;
  const auto now = [] {
    if constexpr (kTraced) return Now();
    return static_cast<uint64_t>(0);
  };
  napi_value slab = nullptr;
  void* room = nullptr;
  size_t size = 0;
  if (napi_get_reference_value(env_, slab_, &slab) != napi_ok ||
      napi_get_buffer_info(env_, slab, &room, &size) != napi_ok || room == nullptr) {
    size = 0;
  }
  poller_event ready[kMaxEvents];
  const int capacity = static_cast<int>(std::min<size_t>(events_.count / kEventSize, kMaxEvents));
  [[maybe_unused]] const uint64_t began = now();
  const int count = capacity == 0 ? 0 : poller_wait(poller_, ready, capacity, 0);
  if constexpr (kTraced) {
    if (trace != nullptr) trace->Waited(began, poller_, ready, capacity, count < 0 ? -errno : count);
  }
  size_t used = 0;
  int32_t* event = events_.data;
  for (const bool waiters : {true, false}) {
    for (int i = 0; i < count; i++) {
      const int fd = ready[i].fd;
      const int64_t request = RequestOf(fd);
      if ((request < 0) != waiters) continue;
      const size_t most = std::min(static_cast<size_t>(request < 0 ? -request : request), size - used);
      int32_t received = kNotReceived;
      if ((ready[i].readiness & POLLER_READABLE) != 0 && most > 0) {
        uint8_t* const place = static_cast<uint8_t*>(room) + used;
        [[maybe_unused]] const uint64_t began_receiving = now();
        const ssize_t result = recv(fd, place, most, MSG_DONTWAIT);
        received = result < 0 ? -errno : static_cast<int32_t>(result);
        if constexpr (kTraced) {
          if (trace != nullptr) trace->Received(began_receiving, fd, place, most, MSG_DONTWAIT, received);
        }
        if (result > 0)
          used += std::min(size - used, (static_cast<size_t>(result) + kSlabUnit - 1) / kSlabUnit * kSlabUnit);
      }
      if (received > 0 && used >= size) ready[i].readiness |= kMore;
      *event++ = fd;
      *event++ = ready[i].readiness;
      *event++ = received;
    }
  }
  if constexpr (kTraced) {
    if (trace != nullptr) trace->Tell(env_);
    delete trace;
  }
  return count;
}

void Loop::Dispatch(bool make) {
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env_, &scope) != napi_ok) return;
  // Created here and not with the loop: the loop is created within some caller's AsyncLocalStorage context, in which
  // all later calls would run.
  if (make && context_ == nullptr) {
    napi_value name = nullptr;
    napi_create_string_utf8(env_, "bsd-sockets", NAPI_AUTO_LENGTH, &name);
    napi_async_init(env_, nullptr, name, &context_);
  }
  napi_value dispatch = nullptr, receiver = nullptr, count = nullptr, ignored = nullptr;
  napi_get_reference_value(env_, dispatch_, &dispatch);
  napi_get_global(env_, &receiver);
  const int ready = Tracing() ? Wait<true>() : Wait<false>();
  if (ready > 0 && napi_create_int32(env_, ready, &count) == napi_ok) {
    const napi_status status = make ? napi_make_callback(env_, context_, receiver, dispatch, 1, &count, &ignored)
                                    : napi_call_function(env_, receiver, dispatch, 1, &count, &ignored);
    napi_value error = nullptr;
    bool pending = false;
    if (status != napi_ok && napi_is_exception_pending(env_, &pending) == napi_ok && pending &&
        napi_get_and_clear_last_exception(env_, &error) == napi_ok) {
      napi_fatal_exception(env_, error);  // reported to process.on('uncaughtException')
    }
  }
  napi_close_handle_scope(env_, scope);
}
