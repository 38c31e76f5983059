#include "loop.h"

#include <unistd.h>

#include <cerrno>

#include "poller.h"

Loop::Loop(napi_env env, int poller, napi_value events, napi_value dispatch) : env_(env), poller_(poller) {
  napi_value name = nullptr;
  napi_create_string_utf8(env, "bsd-sockets", NAPI_AUTO_LENGTH, &name);
  napi_async_init(env, nullptr, name, &context_);
  napi_create_reference(env, events, 1, &events_);
  napi_create_reference(env, dispatch, 1, &dispatch_);
}

// The references end with the environment, as this does: some runtimes can no longer be asked for anything by then.
Loop::~Loop() {
  close(poller_);
}

void Loop::Dispatch(bool make) {
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env_, &scope) != napi_ok) return;
  napi_value events = nullptr, dispatch = nullptr, receiver = nullptr, count = nullptr, ignored = nullptr;
  napi_typedarray_type type = napi_uint8_array;
  void* data = nullptr;
  size_t length = 0;
  napi_get_reference_value(env_, events_, &events);
  napi_get_reference_value(env_, dispatch_, &dispatch);
  napi_get_global(env_, &receiver);
  // The view is looked at anew each time: its memory is JavaScript's.
  if (napi_get_typedarray_info(env_, events, &type, &length, &data, nullptr, nullptr) == napi_ok &&
      type == napi_int32_array && length >= 2) {
    const int ready = poller_wait(poller_, static_cast<poller_event*>(data), static_cast<int>(length / 2), 0);
    if (ready > 0 && napi_create_int32(env_, ready, &count) == napi_ok) {
      const napi_status status = make ? napi_make_callback(env_, context_, receiver, dispatch, 1, &count, &ignored)
                                      : napi_call_function(env_, receiver, dispatch, 1, &count, &ignored);
      napi_value error = nullptr;
      bool pending = false;
      if (status != napi_ok && napi_is_exception_pending(env_, &pending) == napi_ok && pending &&
          napi_get_and_clear_last_exception(env_, &error) == napi_ok) {
        napi_fatal_exception(env_, error);  // process.on('uncaughtException') has its say
      }
    }
  }
  napi_close_handle_scope(env_, scope);
}
