#if defined(__linux__)

#include <linux/filter.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <limits>

#include "calls.h"

// The same numbers on every processor, for headers that are older than the calls.
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

int EpollWait(int epfd, Array<epoll_event> events, int timeout_ms) {
  return epoll_wait(epfd, events.data, events.count, timeout_ms);
}

int Getsockopt(int fd, int level, int name, void* value, socklen_t* length) {
  if (level != SOL_SOCKET || name != SO_GET_FILTER || length == nullptr) {
    return getsockopt(fd, level, name, value, length);
  }
  *length /= sizeof(sock_filter);
  const int result = getsockopt(fd, level, name, value, length);
  *length *= sizeof(sock_filter);
  return result;
}

int PidfdGetfd(int pidfd, int target, uint32_t flags) {
  return static_cast<int>(syscall(SYS_pidfd_getfd, pidfd, target, flags));
}

int PidfdOpen(int pid, uint32_t flags) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, flags));
}

int Pipe2(Structure<DescriptorPair> pair, int flags) {
  int fds[2];
  const int result = pipe2(fds, flags);
  if (result == 0) memcpy(pair.data, fds, sizeof fds);
  return result;
}

ssize_t Sendfile(int out, int in, off_t* offset, size_t count) {
  return sendfile(out, in, offset, count);
}

int SetsockoptFprog(int fd, int level, int name, Array<sock_filter> instructions) {
  constexpr int kMost = std::numeric_limits<decltype(sock_fprog::len)>::max();
  if (instructions.count > kMost) {
    errno = EINVAL;
    return -1;
  }
  const sock_fprog program = {static_cast<decltype(sock_fprog::len)>(instructions.count), instructions.data};
  return setsockopt(fd, level, name, &program, sizeof program);
}

namespace {

// The headers of a batch, on the stack during one call. They are built from the views for each call, so that JavaScript
// cannot change a pointer in them.
struct Batch {
  mmsghdr headers[kMaxVectors];
  iovec vectors[kMaxVectors];
  unsigned count;

  // Lays out the first `wanted` messages. Returns false with errno EINVAL unless every view divides into as many slots
  // as there are results, and there are at least `wanted` of them.
  bool Lay(Array<MessageResult> results, Bytes data, OptionalBytes names, OptionalBytes control, bool sending,
           int wanted_count) {
    count = static_cast<unsigned>(wanted_count);
    const size_t slots = static_cast<size_t>(results.count);
    if (slots == 0 || slots > kMaxVectors || count > slots || data.size % slots != 0 || names.size % slots != 0 ||
        control.size % slots != 0) {
      errno = EINVAL;
      return false;
    }
    const size_t size = data.size / slots;
    const size_t name_size = names.size / slots;
    const size_t control_size = control.size / slots;
    for (unsigned i = 0; i < count; i++) {
      const MessageResult wanted = sending ? results.Get(static_cast<int>(i)) : MessageResult{};
      const auto length = [sending](uint32_t given, size_t room) { return sending && given < room ? given : room; };
      vectors[i] = {data.data + i * size, length(wanted.length, size)};
      msghdr& header = headers[i].msg_hdr;
      header = {};
      header.msg_iov = &vectors[i];
      header.msg_iovlen = 1;
      header.msg_namelen = static_cast<socklen_t>(length(wanted.numbers.name_length, name_size));
      if (header.msg_namelen > 0) header.msg_name = names.data + i * name_size;
      header.msg_controllen = length(wanted.numbers.control_length, control_size);
      if (header.msg_controllen > 0) header.msg_control = control.data + i * control_size;
      headers[i].msg_len = 0;
    }
    return true;
  }
};

}  // namespace

int Recvmmsg(int fd, Array<MessageResult> results, Bytes data, OptionalBytes names, OptionalBytes control, int flags,
             timespec* timeout) {
  Batch batch;
  if (!batch.Lay(results, data, names, control, false, results.count)) return -1;
  const int count = recvmmsg(fd, batch.headers, batch.count, flags, timeout);
  for (int i = 0; i < count; i++) {
    const msghdr& header = batch.headers[i].msg_hdr;
    results.Set(i, {batch.headers[i].msg_len,
                    {header.msg_namelen, static_cast<uint32_t>(header.msg_controllen), header.msg_flags}});
  }
  return count;
}

int Sendmmsg(int fd, Array<MessageResult> results, Bytes data, OptionalBytes names, OptionalBytes control, int flags,
             Ranged<0, kMaxVectors> wanted) {
  Batch batch;
  if (!batch.Lay(results, data, names, control, true, wanted.value)) return -1;
  const int count = sendmmsg(fd, batch.headers, batch.count, flags);
  for (int i = 0; i < count; i++) {
    MessageResult result = results.Get(i);
    result.length = batch.headers[i].msg_len;
    results.Set(i, result);
  }
  return count;
}

#endif
