#if defined(__linux__)

#include <cerrno>
#include <cstdlib>

#include "netdb.h"

namespace {

// Calls a function that fills an entry, and a buffer for the data of the entry; again with a larger buffer until it
// suffices. Returns the function's result.
template <typename Entry, typename Call, typename Use>
int WithRoom(Call call, const Use& use) {
  char first[1024];
  char* room = first;
  for (size_t size = sizeof first;; size *= 2) {
    if (size > sizeof first && (room = static_cast<char*>(malloc(size))) == nullptr) return ENOMEM;
    Entry entry;
    Entry* found = nullptr;
    const int error = call(&entry, room, size, &found);
    if (found != nullptr && error == 0) use(*found);
    if (room != first) free(room);
    if (error != ERANGE) return found == nullptr && error == 0 ? ENOENT : error;
  }
}

template <typename Call>
int FindHost(Call call, const UseHost& use) {
  int host_error = -1;  // NETDB_INTERNAL, which musl's netdb.h lacks
  const int error = WithRoom<hostent>([&](hostent* entry, char* room, size_t size,
                                          hostent** found) { return call(entry, room, size, found, &host_error); },
                                      use);
  if (error == 0) return 0;
  errno = error;
  return host_error == 0 ? HOST_NOT_FOUND : host_error;
}

int Result(int error) {
  if (error == 0) return 0;
  errno = error;
  return -1;
}

}  // namespace

int FindHostByAddress(const void* address, socklen_t length, int family, const UseHost& use) {
  return FindHost([&](hostent* entry, char* room, size_t size, hostent** found,
                      int* error) { return gethostbyaddr_r(address, length, family, entry, room, size, found, error); },
                  use);
}

int FindHostByName(const char* name, const UseHost& use) {
  return FindHost([&](hostent* entry, char* room, size_t size, hostent** found,
                      int* error) { return gethostbyname_r(name, entry, room, size, found, error); },
                  use);
}

// Not getprotobyname_r(3), which musl lacks.
int FindServiceByName(const char* name, const char* protocol, const UseService& use) {
  return Result(
      WithRoom<servent>([&](servent* entry, char* room, size_t size,
                            servent** found) { return getservbyname_r(name, protocol, entry, room, size, found); },
                        use));
}

int FindServiceByPort(int port, const char* protocol, const UseService& use) {
  return Result(
      WithRoom<servent>([&](servent* entry, char* room, size_t size,
                            servent** found) { return getservbyport_r(port, protocol, entry, room, size, found); },
                        use));
}

#endif
