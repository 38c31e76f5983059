#if defined(__linux__)

#include <sys/syscall.h>
#include <unistd.h>

#include "environment.h"

bool OnFirstThread() {
  return syscall(SYS_gettid) == getpid();
}  // the C library's gettid is younger than we ask for

#endif
