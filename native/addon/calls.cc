#include "calls.h"

#include <cerrno>
#include <climits>
#include <cstring>

int Open(Bytes path, int flags, Optional<int> mode) {
  char text[PATH_MAX];
  if (path.size >= sizeof text) {
    errno = ENAMETOOLONG;
    return -1;
  }
  if (memchr(path.data, '\0', path.size) != nullptr) {
    errno = EINVAL;
    return -1;
  }
  memcpy(text, path.data, path.size);
  text[path.size] = '\0';
  return open(text, flags, mode.value);
}

int Poll(Array<pollfd> pollfds, int timeout_ms) {
  return poll(pollfds.data, static_cast<nfds_t>(pollfds.count), timeout_ms);
}

int Select(Ranged<0, FD_SETSIZE> nfds, fd_set* readfds, fd_set* writefds, fd_set* exceptfds, timeval* timeout) {
  return select(nfds.value, readfds, writefds, exceptfds, timeout);
}

int Setsockopt(int fd, int level, int name, OptionalBytes value, Optional<socklen_t> length) {
  return setsockopt(fd, level, name, value.data, value.data != nullptr ? Clamp<socklen_t>(value.size) : length.value);
}

int Socketpair(int domain, int type, int protocol, Structure<DescriptorPair> pair) {
  int fds[2];
  const int result = socketpair(domain, type, protocol, fds);
  if (result == 0) memcpy(pair.data, fds, sizeof fds);
  return result;
}
