#if defined(__linux__)

#include <cerrno>
#include <mutex>
#include <vector>

#include "databases.h"

namespace {

// Calls a function that takes a place for the entry and room for what it points to, with more of that until there is
// enough; its return value.
template <typename Entry, typename Call, typename Use>
int WithRoom(Call call, const Use& use) {
  std::vector<char> room(1024);
  for (;;) {
    Entry entry;
    Entry* found = nullptr;
    const int error = call(&entry, room.data(), room.size(), &found);
    if (error == ERANGE) {
      room.resize(2 * room.size());
      continue;
    }
    if (found == nullptr) return error == 0 ? ENOENT : error;
    use(*found);
    return 0;
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
