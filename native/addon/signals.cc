// Counting signals: the event loop's own handlers tell nobody but the loop, which does not run while a call blocks its
// thread, and a wait in poll(2) that begins a moment later sleeps on.
#include "signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <iterator>

namespace {

static_assert(std::atomic<uint32_t>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "for use in a signal handler: signal-safety(7)");
std::atomic<uint32_t> count{0};
std::atomic<int> writer{-1};  // where each writes a byte, before the event loop's handler tells the loop

struct sigaction counted[NSIG];  // the handlers that ours stands before

void Count(int number, siginfo_t* info, void* context) {
  count++;
  if (const int fd = writer; fd >= 0) {
    const int error = errno;
    if (write(fd, "", 1) < 0) errno = error;  // full: it is readable
  }
  const struct sigaction& handler = counted[number];
  if (handler.sa_flags & SA_SIGINFO) {
    handler.sa_sigaction(number, info, context);
  } else {
    handler.sa_handler(number);
  }
}

// Stands before the handler of a signal, if there is one. Whoever sets another handler, as libuv does for the first
// and the last listener, replaces both: so this is done anew for each wait.
void StandBefore(int number) {
  struct sigaction action;
  if (sigaction(number, nullptr, &action) != 0 || action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) return;
  if (action.sa_flags & SA_SIGINFO && action.sa_sigaction == Count) return;
  counted[number] = action;
  action.sa_flags |= SA_SIGINFO;
  action.sa_sigaction = Count;
  sigaction(number, &action, nullptr);
}

}  // namespace

Napi::Value Signals(const Napi::CallbackInfo& info) {
  if (info.Length() > 0 && info[0].IsNumber()) writer = info[0].As<Napi::Number>().Int32Value();
  for (size_t i = 1; i < info.Length(); i++) {
    const int number = info[i].IsNumber() ? info[i].As<Napi::Number>().Int32Value() : 0;
    if (number > 0 && number < static_cast<int>(std::size(counted))) StandBefore(number);
  }
  return Napi::Number::New(info.Env(), count);
}
