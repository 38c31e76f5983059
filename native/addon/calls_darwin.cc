#if defined(__APPLE__)

#include <sys/event.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstring>

#include "calls.h"

int Kevent(int kq, OptionalArray<struct kevent> changes, OptionalArray<struct kevent> events, timespec* timeout) {
  return kevent(kq, changes.data, changes.count, events.data, events.count, timeout);
}

// In the shape of Linux' call: without an offset the file's own position would be meant, which this
// kernel's sendfile(2) does not know; it is then EINVAL. What was sent before an error counts, as
// it does there.
ssize_t Sendfile(int out, int in, off_t* offset, size_t count) {
  if (offset == nullptr) {
    errno = EINVAL;
    return -1;
  }
  off_t from = 0;
  memcpy(&from, offset, sizeof from);
  off_t length = static_cast<off_t>(count);
  if (length == 0) return 0;  // to this kernel 0 means the rest of the file
  const int result = sendfile(in, out, from, &length, nullptr, 0);
  if (result == -1 && length == 0) return -1;
  from += length;
  memcpy(offset, &from, sizeof from);
  return static_cast<ssize_t>(length);
}

#endif
