#if defined(__APPLE__)

#include <cerrno>
#include <mutex>

#include "lock.h"
#include "netdb.h"

// The results of these functions are in the C library's memory until the next call of any thread.
static Lock lock;

template <typename Entry, typename Use>
static bool Used(const Entry* entry, const Use& use) {
  if (entry == nullptr) return false;
  use(*entry);
  return true;
}

static int Result(bool found) {
  if (found) return 0;
  errno = ENOENT;
  return -1;
}

int FindHostByAddress(const void* address, socklen_t length, int family, const UseHost& use) {
  const std::lock_guard<Lock> guard(lock);
  return Used(gethostbyaddr(address, length, family), use) ? 0 : h_errno;
}

int FindHostByName(const char* name, const UseHost& use) {
  const std::lock_guard<Lock> guard(lock);
  return Used(gethostbyname(name), use) ? 0 : h_errno;
}

int FindServiceByName(const char* name, const char* protocol, const UseService& use) {
  const std::lock_guard<Lock> guard(lock);
  return Result(Used(getservbyname(name, protocol), use));
}

int FindServiceByPort(int port, const char* protocol, const UseService& use) {
  const std::lock_guard<Lock> guard(lock);
  return Result(Used(getservbyport(port, protocol), use));
}

#endif
