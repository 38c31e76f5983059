// To be preloaded: makes system calls of one object, the addon or a program in C, fail or do a part only. Those of the
// runtime and of the C library are left alone. ld.so(8)
//
// The file FAULTS_FILE is mapped. Another process writes the plan into it, at any time, and reads the counts.
// FAULTS_OBJECT is the end of the object's file name; empty: the program itself.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../support/object.h"

// The name of each system call that can fail. The order is that of `counts` and `names`.
#define CALLS(X)   \
  X(accept)        \
  X(accept4)       \
  X(bind)          \
  X(close)         \
  X(connect)       \
  X(epoll_create1) \
  X(epoll_ctl)     \
  X(epoll_wait)    \
  X(fcntl)         \
  X(getpeername)   \
  X(getsockname)   \
  X(getsockopt)    \
  X(ioctl)         \
  X(listen)        \
  X(memfd_create)  \
  X(open)          \
  X(pidfd_getfd)   \
  X(pidfd_open)    \
  X(pipe)          \
  X(pipe2)         \
  X(poll)          \
  X(read)          \
  X(readv)         \
  X(recvfrom)      \
  X(recvmmsg)      \
  X(recvmsg)       \
  X(select)        \
  X(sendfile)      \
  X(sendmmsg)      \
  X(sendmsg)       \
  X(sendto)        \
  X(setsockopt)    \
  X(shutdown)      \
  X(socket)        \
  X(socketpair)    \
  X(splice)        \
  X(write)         \
  X(writev)

#define NUMBER(name) call_##name,
#define NAME(name) #name,
enum { CALLS(NUMBER) call_count };
static const char* const names[call_count] = {CALLS(NAME)};

// test/faults/preload.js has the same offsets.
struct shared {
  char call[24];          // the call that fails
  uint32_t occurrence;    // the number of the one that fails, from 1
  int32_t error;          // its errno
  atomic_uint failed;     // how many have failed
  uint32_t sends;         // percent of those on streams that do a part only
  atomic_uint state;      // of the generator of random numbers
  atomic_uint shortened;  // how many have done a part only
  uint32_t calls;         // call_count
  uint32_t receives;      // percent of those on streams that do a part only
  uint32_t unused[2];
  atomic_uint counts[64];  // how many times each was called
  char names[64][16];
};

static struct shared none;
static struct shared* shared = &none;
__attribute__((constructor)) static void begin(void) {
  const char* const given = getenv("FAULTS_OBJECT");
  if (given != NULL) object = given;
  dl_iterate_phdr(object_find, NULL);
  const char* const name = getenv("FAULTS_FILE");
  if (name == NULL) return;
  const int file = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void* const memory = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  syscall(SYS_close, file);
  if (memory == MAP_FAILED) return;
  shared = memory;
  for (int i = 0; i < call_count; i++) strncpy(shared->names[i], names[i], sizeof shared->names[i] - 1);
  shared->calls = call_count;
}

// Counts a call of the object. The errno that it is to fail with, or 0.
static int faultOf(int call, const void* caller) {
  if (!object_calls(caller)) return 0;
  const uint32_t number = atomic_fetch_add(&shared->counts[call], 1) + 1;
  if (number != shared->occurrence || strcmp(shared->call, names[call]) != 0) return 0;
  shared->failed++;
  return shared->error;
}

// xorshift, by Marsaglia: 32 bits.
static uint32_t randomNumber(void) {
  uint32_t x = shared->state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  shared->state = x;
  return x;
}

// How many of `size` bytes a call does. Only of stream sockets and pipes: a part of a datagram would be a loss.
// socket(7)
static size_t partOf(int fd, size_t size, uint32_t percent, const void* caller) {
  if (percent == 0 || size < 2 || !object_calls(caller) || randomNumber() % 100 >= percent) return size;
  int type = 0;
  socklen_t length = sizeof type;
  struct stat file;
  const int isSocket = syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
  if (isSocket ? type != SOCK_STREAM : fstat(fd, &file) != 0 || !S_ISFIFO(file.st_mode)) return size;
  shared->shortened++;
  return 1 + randomNumber() % (size - 1);
}

// The same for several buffers: a message with the first of them, shortened. What goes with the bytes goes with the
// part.
static struct msghdr partOfMessage(int fd, const struct msghdr* message, struct iovec* first, uint32_t percent,
                                   const void* caller) {
  struct msghdr part = *message;
  if (part.msg_iovlen == 0) return part;
  *first = part.msg_iov[0];
  const size_t size = partOf(fd, first->iov_len, percent, caller);
  if (size == first->iov_len) return part;
  first->iov_len = size;
  part.msg_iov = first;
  part.msg_iovlen = 1;
  return part;
}

#define CALLER __builtin_return_address(0)
#define REAL(type, name, parameters) \
  static type(*real) parameters;     \
  if (real == NULL) real = (type(*) parameters)dlsym(RTLD_NEXT, #name)
#define FAIL(call)                                  \
  do {                                              \
    const int error = faultOf(call_##call, CALLER); \
    if (error != 0) {                               \
      errno = error;                                \
      return -1;                                    \
    }                                               \
  } while (0)
// A function of libc, the system call, the function's parameters and arguments.
#define WRAP(type, name, call, parameters, ...) \
  type name parameters {                        \
    REAL(type, name, parameters);               \
    FAIL(call);                                 \
    return real(__VA_ARGS__);                   \
  }

WRAP(int, accept, accept, (int fd, struct sockaddr* address, socklen_t* length), fd, address, length)
WRAP(int, accept4, accept4, (int fd, struct sockaddr* address, socklen_t* length, int flags), fd, address, length,
     flags)
WRAP(int, bind, bind, (int fd, const struct sockaddr* address, socklen_t length), fd, address, length)
WRAP(int, epoll_create1, epoll_create1, (int flags), flags)
WRAP(int, epoll_ctl, epoll_ctl, (int epfd, int op, int fd, struct epoll_event* event), epfd, op, fd, event)
WRAP(int, epoll_wait, epoll_wait, (int epfd, struct epoll_event* events, int room, int timeout), epfd, events, room,
     timeout)
WRAP(int, getpeername, getpeername, (int fd, struct sockaddr* address, socklen_t* length), fd, address, length)
WRAP(int, getsockname, getsockname, (int fd, struct sockaddr* address, socklen_t* length), fd, address, length)
WRAP(int, getsockopt, getsockopt, (int fd, int level, int name, void* value, socklen_t* length), fd, level, name, value,
     length)
WRAP(int, listen, listen, (int fd, int backlog), fd, backlog)
WRAP(int, memfd_create, memfd_create, (const char* name, unsigned flags), name, flags)
WRAP(int, pipe, pipe, (int fds[2]), fds)
WRAP(int, pipe2, pipe2, (int fds[2], int flags), fds, flags)
WRAP(int, poll, poll, (struct pollfd * fds, nfds_t count, int timeout), fds, count, timeout)
WRAP(int, recvmmsg, recvmmsg, (int fd, struct mmsghdr* messages, unsigned count, int flags, struct timespec* timeout),
     fd, messages, count, flags, timeout)
WRAP(int, select, select, (int count, fd_set* read, fd_set* write, fd_set* except, struct timeval* timeout), count,
     read, write, except, timeout)
WRAP(ssize_t, sendfile64, sendfile, (int out, int in, off_t* offset, size_t count), out, in, offset,
     partOf(out, count, shared->sends, CALLER))
WRAP(int, sendmmsg, sendmmsg, (int fd, struct mmsghdr* messages, unsigned count, int flags), fd, messages, count, flags)
WRAP(int, setsockopt, setsockopt, (int fd, int level, int name, const void* value, socklen_t length), fd, level, name,
     value, length)
WRAP(int, shutdown, shutdown, (int fd, int how), fd, how)
WRAP(int, socket, socket, (int domain, int type, int protocol), domain, type, protocol)
WRAP(int, socketpair, socketpair, (int domain, int type, int protocol, int fds[2]), domain, type, protocol, fds)
WRAP(ssize_t, splice, splice, (int in, off_t* from, int out, off_t* to, size_t size, unsigned flags), in, from, out, to,
     partOf(out, size, shared->sends, CALLER), flags)
WRAP(ssize_t, read, read, (int fd, void* bytes, size_t size), fd, bytes, partOf(fd, size, shared->receives, CALLER))
WRAP(ssize_t, write, write, (int fd, const void* bytes, size_t size), fd, bytes,
     partOf(fd, size, shared->sends, CALLER))
WRAP(ssize_t, recv, recvfrom, (int fd, void* bytes, size_t size, int flags), fd, bytes,
     partOf(fd, size, shared->receives, CALLER), flags)
WRAP(ssize_t, recvfrom, recvfrom,
     (int fd, void* bytes, size_t size, int flags, struct sockaddr* address, socklen_t* length), fd, bytes,
     partOf(fd, size, shared->receives, CALLER), flags, address, length)
WRAP(ssize_t, send, sendto, (int fd, const void* bytes, size_t size, int flags), fd, bytes,
     partOf(fd, size, shared->sends, CALLER), flags)
WRAP(ssize_t, sendto, sendto,
     (int fd, const void* bytes, size_t size, int flags, const struct sockaddr* address, socklen_t length), fd, bytes,
     partOf(fd, size, shared->sends, CALLER), flags, address, length)

ssize_t recvmsg(int fd, struct msghdr* message, int flags) {
  REAL(ssize_t, recvmsg, (int, struct msghdr*, int));
  FAIL(recvmsg);
  struct iovec first;
  struct msghdr part = partOfMessage(fd, message, &first, shared->receives, CALLER);
  const ssize_t result = real(fd, &part, flags);
  message->msg_namelen = part.msg_namelen;
  message->msg_controllen = part.msg_controllen;
  message->msg_flags = part.msg_flags;
  return result;
}

ssize_t sendmsg(int fd, const struct msghdr* message, int flags) {
  REAL(ssize_t, sendmsg, (int, const struct msghdr*, int));
  FAIL(sendmsg);
  struct iovec first;
  const struct msghdr part = partOfMessage(fd, message, &first, shared->sends, CALLER);
  return real(fd, &part, flags);
}

ssize_t readv(int fd, const struct iovec* views, int count) {
  REAL(ssize_t, readv, (int, const struct iovec*, int));
  FAIL(readv);
  struct iovec first;
  const struct msghdr message = {.msg_iov = (struct iovec*)views, .msg_iovlen = (size_t)count};
  const struct msghdr part = partOfMessage(fd, &message, &first, shared->receives, CALLER);
  return real(fd, part.msg_iov, (int)part.msg_iovlen);
}

ssize_t writev(int fd, const struct iovec* views, int count) {
  REAL(ssize_t, writev, (int, const struct iovec*, int));
  FAIL(writev);
  struct iovec first;
  const struct msghdr message = {.msg_iov = (struct iovec*)views, .msg_iovlen = (size_t)count};
  const struct msghdr part = partOfMessage(fd, &message, &first, shared->sends, CALLER);
  return real(fd, part.msg_iov, (int)part.msg_iovlen);
}

// The descriptor is closed in any case. close(2)
int close(int fd) {
  const int error = faultOf(call_close, CALLER);
  const int result = (int)syscall(SYS_close, fd);
  if (error == 0) return result;
  errno = error;
  return -1;
}

// An interrupted connect goes on. connect(2) in POSIX
int connect(int fd, const struct sockaddr* address, socklen_t length) {
  REAL(int, connect, (int, const struct sockaddr*, socklen_t));
  const int error = faultOf(call_connect, CALLER);
  if (error == 0) return real(fd, address, length);
  if (error == EINTR) (void)!real(fd, address, length);
  errno = error;
  return -1;
}

int fcntl64(int fd, int command, ...) {
  REAL(int, fcntl64, (int, int, ...));
  FAIL(fcntl);
  va_list rest;
  va_start(rest, command);
  void* const argument = va_arg(rest, void*);
  va_end(rest);
  return real(fd, command, argument);
}

int ioctl(int fd, unsigned long request, ...) {
  REAL(int, ioctl, (int, unsigned long, ...));
  FAIL(ioctl);
  va_list rest;
  va_start(rest, request);
  void* const argument = va_arg(rest, void*);
  va_end(rest);
  return real(fd, request, argument);
}

int open64(const char* path, int flags, ...) {
  REAL(int, open64, (const char*, int, ...));
  FAIL(open);
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return real(path, flags, mode);
}

// Two calls of the addon have no function in older versions of glibc.
long syscall(long number, ...) {
  static long (*real)(long, ...);
  if (real == NULL) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  va_list rest;
  va_start(rest, number);
  long arguments[6];
  for (int i = 0; i < 6; i++) arguments[i] = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_pidfd_getfd) FAIL(pidfd_getfd);
  if (number == SYS_pidfd_open) FAIL(pidfd_open);
  return real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}
