// A lock for a static. It has no destructor: that would be registered with the process, and could run after Node has
// unloaded the addon with the last worker that loaded it. pthread_mutex_lock(3p)
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
