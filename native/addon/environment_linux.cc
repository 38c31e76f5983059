#if defined(__linux__)

#include <sys/syscall.h>
#include <unistd.h>

#include "environment.h"

// The oldest supported C library has no gettid.
bool OnFirstThread() {
  return syscall(SYS_gettid) == getpid();
}

double ThreadNumber() {
  return static_cast<double>(syscall(SYS_gettid));
}

#endif
