// Counts signals. The event loop's own handlers notify the loop only, and that does not run while a call blocks its
// thread; a poll(2) that begins just after a signal would not notice it.
#include "signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace {

static_assert(std::atomic<uint32_t>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "for use in a signal handler: signal-safety(7)");
std::atomic<uint32_t> count{0};

// The descriptors to which each signal writes a byte, before the event loop's handler notifies the loop: one for each
// copy of this package in the process. None is ever removed: the descriptors of a copy stay open.
constexpr size_t kMaxWriters = 16;
std::atomic<int> writers[kMaxWriters];
std::atomic<uint32_t> writer_count{0};

struct sigaction counted[NSIG];  // the handlers that ours calls
bool stands[NSIG];

void Count(int number, siginfo_t* info, void* context) {
  count++;
  const int error = errno;
  for (uint32_t i = 0; i < writer_count; i++) {
    if (write(writers[i], "", 1) < 0) errno = error;  // if it is full, it is readable already
  }
  const struct sigaction& handler = counted[number];
  if (handler.sa_flags & SA_SIGINFO) {
    handler.sa_sigaction(number, info, context);
  } else {
    handler.sa_handler(number);
  }
}

bool IsSame(const struct sigaction& a, const struct sigaction& b) {
  const bool informed = (a.sa_flags & SA_SIGINFO) != 0;
  if (informed != ((b.sa_flags & SA_SIGINFO) != 0)) return false;
  return informed ? a.sa_sigaction == b.sa_sigaction : a.sa_handler == b.sa_handler;
}

// Installs our handler before that of a signal, if it has one. Setting the original handler again, as libuv does for
// the first listener, replaces ours: so this is repeated for each wait. It is not repeated if another handler was
// installed before ours meanwhile: the two would call each other for ever.
void StandBefore(int number) {
  struct sigaction action;
  if (sigaction(number, nullptr, &action) != 0 || action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) return;
  if (action.sa_flags & SA_SIGINFO && action.sa_sigaction == Count) return;
  if (stands[number] && !IsSame(action, counted[number])) return;
  stands[number] = true;
  counted[number] = action;
  action.sa_flags |= SA_SIGINFO;
  action.sa_sigaction = Count;
  sigaction(number, &action, nullptr);
}

void AddWriter(int fd) {
  const uint32_t known = writer_count;
  for (uint32_t i = 0; i < known; i++) {
    if (writers[i] == fd) return;
  }
  if (known == kMaxWriters) return;
  writers[known] = fd;
  writer_count = known + 1;
}

}  // namespace

napi_value Signals(napi_env env, napi_callback_info info) {
  napi_value values[NSIG + 1], result = nullptr;
  size_t given = NSIG + 1;
  int32_t number = -1;
  napi_get_cb_info(env, info, &given, values, nullptr, nullptr);
  if (given > NSIG + 1) given = NSIG + 1;
  if (given > 0 && napi_get_value_int32(env, values[0], &number) == napi_ok && number >= 0) AddWriter(number);
  for (size_t i = 1; i < given; i++) {
    if (napi_get_value_int32(env, values[i], &number) == napi_ok && number > 0 && number < NSIG) StandBefore(number);
  }
  napi_create_uint32(env, count, &result);
  return result;
}
