#if defined(__APPLE__)

#include <pthread.h>

#include "environment.h"

bool OnFirstThread() {
  return pthread_main_np() == 1;
}

double ThreadNumber() {
  uint64_t number = 0;
  pthread_threadid_np(nullptr, &number);
  return static_cast<double>(number);
}

#endif
