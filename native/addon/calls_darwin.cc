#if defined(__APPLE__)

#include <sys/event.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstring>

#include "calls.h"

int Kevent(int kq, OptionalArray<struct kevent> changes, OptionalArray<struct kevent> events, timespec* timeout) {
  return kevent(kq, changes.data, changes.count, events.data, events.count, timeout);
}

// Takes the arguments of Linux' sendfile(2). Without an offset Linux uses the file's own position, which this kernel's
// sendfile(2) cannot: that is EINVAL. If bytes were sent before an error, their number is returned, as on Linux.
ssize_t Sendfile(int out, int in, off_t* offset, size_t count) {
  if (offset == nullptr) {
    errno = EINVAL;
    return -1;
  }
  off_t from = 0;
  memcpy(&from, offset, sizeof from);
  off_t length = static_cast<off_t>(count);
  if (length == 0) return 0;  // for this kernel 0 means the rest of the file
  const int result = sendfile(in, out, from, &length, nullptr, 0);
  if (result == -1 && length == 0) return -1;
  from += length;
  memcpy(offset, &from, sizeof from);
  return static_cast<ssize_t>(length);
}

#endif
