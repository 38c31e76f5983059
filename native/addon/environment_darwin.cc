#if defined(__APPLE__)

#include <pthread.h>

#include "environment.h"

bool OnFirstThread() {
  return pthread_main_np() == 1;
}

#endif
