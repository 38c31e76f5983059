// The owners of the descriptors that calls create in a worker: its environment owns each from the call that creates it.
// A worker can be terminated between any two statements of JavaScript, so a later statement would be too late. `After`
// is called with the result and the parameters of the call.
#ifndef BSD_SOCKETS_OWNING_H
#define BSD_SOCKETS_OWNING_H

#include "calls.h"
#include "environment.h"

// close(2): the descriptor is closed even if the call fails.
struct Disowns {
  static void After(napi_env env, int, int fd) { Own(env, fd, false); }
};

struct OwnsResult {
  template <typename... Parameters>
  static void After(napi_env env, int result, const Parameters&...) {
    Own(env, result, true);
  }
};

// fcntl(2): the other commands create no descriptor.
struct OwnsDuplicate {
  template <typename Command>
  static void After(napi_env env, int result, int, Command command, Optional<int>) {
    if (command.value == F_DUPFD || command.value == F_DUPFD_CLOEXEC) Own(env, result, true);
  }
};

struct OwnsPair {
  static void After(napi_env env, int result, Structure<DescriptorPair> pair, int) { OwnPair(env, result, pair); }
  static void After(napi_env env, int result, int, int, int, Structure<DescriptorPair> pair) {
    OwnPair(env, result, pair);
  }

 private:
  static void OwnPair(napi_env env, int result, Structure<DescriptorPair> pair);
};

// The descriptors in the control messages. unix(7)
struct OwnsRights {
  static void After(napi_env env, ssize_t result, int, Vectors, OptionalBytes, OptionalBytes control,
                    const MessageNumbers* numbers, int);
  static void After(napi_env env, int result, int, Array<MessageResult> results, Bytes, OptionalBytes,
                    OptionalBytes control, int, const timespec*);
};

#endif
