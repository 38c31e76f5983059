#if defined(__linux__)

#include <sys/syscall.h>
#include <unistd.h>

#include "environment.h"

// The C library's own gettid is younger than the oldest that is served.
bool OnFirstThread() {
  return syscall(SYS_gettid) == getpid();
}

#endif
