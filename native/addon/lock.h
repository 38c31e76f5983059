// A lock for a static: without a destructor, which would be registered with the process and run, or not, when Node has
// taken the addon away with the last worker that loaded it. pthread_mutex_lock(3p)
#ifndef BSD_SOCKETS_LOCK_H
#define BSD_SOCKETS_LOCK_H

#include <pthread.h>

#include <type_traits>

class Lock {
 public:
  void lock() { pthread_mutex_lock(&mutex_); }
  void unlock() { pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
};

static_assert(std::is_trivially_destructible_v<Lock>);

#endif
