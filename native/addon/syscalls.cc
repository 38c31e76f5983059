// The table of calls. All but the functions of the library are system calls, which can be traced (trace.h). A row is
// the name in JavaScript, the C function, and the names of its JavaScript arguments. To add a call, add a row here and
// its signature in src/syscalls/index.ts.
#include <arpa/inet.h>
#include <unistd.h>

#include "addon.h"
#include "calls.h"
#include "owning.h"
#include "poller.h"

// clang-format off
#define POSIX_CALLS(X)                                                              \
  X(accept, ::accept, "fd", "address", "length")                                    \
  X(bind, ::bind, "fd", "address")                                                  \
  X(close, ::close, "fd")                                                           \
  X(connect, ::connect, "fd", "address")                                            \
  X(getpeername, ::getpeername, "fd", "address", "length")                          \
  X(getsockname, ::getsockname, "fd", "address", "length")                          \
  X(listen, ::listen, "fd", "backlog")                                              \
  X(open, Open, "path", "flags", "mode")                                            \
  X(poll, Poll, "pollfds", "timeoutMs")                                             \
  X(read, ::read, "fd", "view")                                                     \
  X(readv, Readv, "fd", "views")                                                    \
  X(recv, ::recv, "fd", "view", "flags")                                            \
  X(recvfrom, ::recvfrom, "fd", "view", "flags", "address", "length")               \
  X(recvmsg, Recvmsg, "fd", "message.iov", "message.name", "message.control", "numbers", "flags") \
  X(select, Select, "nfds", "readfds", "writefds", "exceptfds", "timeval")          \
  X(send, ::send, "fd", "view", "flags")                                            \
  X(sendfile, Sendfile, "out", "in", "offset", "count")                             \
  X(sendmsg, Sendmsg, "fd", "message.iov", "message.name", "message.control", "flags")   \
  X(sendto, ::sendto, "fd", "view", "flags", "address")                             \
  X(setsockopt, Setsockopt, "fd", "level", "name", "view", "length")                \
  X(shutdown, ::shutdown, "fd", "how")                                              \
  X(socket, ::socket, "domain", "type", "protocol")                                 \
  X(socketpair, Socketpair, "domain", "type", "protocol", "fds")                    \
  X(write, ::write, "fd", "view")                                                   \
  X(writev, Writev, "fd", "views")

#define LIBRARY_FUNCTIONS(X)                                                        \
  X(CMSG_LEN, CmsgLen, "length")                                                    \
  X(CMSG_SPACE, CmsgSpace, "length")                                                \
  X(FD_CLR, FdClr, "fd", "set")                                                     \
  X(FD_ISSET, FdIsset, "fd", "set")                                                 \
  X(FD_SET, FdSet, "fd", "set")                                                     \
  X(FD_ZERO, FdZero, "set")                                                         \
  X(getaddrinfo, Getaddrinfo, "status", "node", "service", "hints", "results", "canonname") \
  X(gethostbyaddr, Gethostbyaddr, "status", "family", "address", "texts")           \
  X(gethostbyname, Gethostbyname, "status", "name", "texts")                        \
  X(getnameinfo, Getnameinfo, "status", "address", "flags", "host", "service") \
  X(getprotobyname, Getprotobyname, "name")                                         \
  X(getservbyname, Getservbyname, "name", "protocol")                               \
  X(getservbyport, Getservbyport, "port", "protocol")                               \
  X(htonl, Htonl, "host")                                                           \
  X(htons, Htons, "host")                                                           \
  X(http_decode_chunked, HttpDecodeChunked, "bytes", "start", "end", "limits", "chunked") \
  X(http_parse_request, HttpParseRequest, "bytes", "start", "end", "limits", "request") \
  X(if_indextoname, IfIndextoname, "index")                                         \
  X(if_nameindex, IfNameindex, "interfaces")                                        \
  X(if_nametoindex, IfNametoindex, "name")                                          \
  X(inet_aton, InetAton, "text", "address")                                         \
  X(inet_ntop, InetNtop, "family", "address")                                       \
  X(inet_pton, InetPton, "family", "text", "address")                               \
  X(ntohl, Ntohl, "network")                                                        \
  X(ntohs, Ntohs, "network")                                                        \
  X(sethostname, Sethostname, "name")

// Each of them is one system call, of which each kernel has another: native/poller/poller.h.
#define POLLER_CALLS(X)                                                             \
  X(poller_add, ::poller_add, "poller", "fd")                                       \
  X(poller_create, ::poller_create)                                                 \
  X(poller_remove, ::poller_remove, "poller", "fd")

// The calls that create descriptors, and close(2), each with its class in owning.h.
#define POSIX_OWNING_CALLS(X)                                                       \
  X(accept, OwnsResult)                                                             \
  X(close, Disowns)                                                                 \
  X(fcntl, OwnsDuplicate)                                                           \
  X(open, OwnsResult)                                                               \
  X(poller_create, OwnsResult)                                                      \
  X(recvmsg, OwnsRights)                                                            \
  X(socket, OwnsResult)                                                             \
  X(socketpair, OwnsPair)

#if defined(__linux__)

#include <linux/filter.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/mman.h>

#define KERNEL_CALLS(X)                                                             \
  X(accept4, ::accept4, "fd", "address", "length", "flags")                         \
  X(epoll_create1, ::epoll_create1, "flags")                                        \
  X(epoll_ctl, ::epoll_ctl, "epfd", "op", "fd", "event")                            \
  X(epoll_wait, EpollWait, "epfd", "events", "timeoutMs")                           \
  X(fcntl, (Fcntl<F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETOWN, F_SETOWN, F_ADD_SEALS, F_GET_SEALS>), "fd", "command", "argument") \
  X(getsockopt, Getsockopt, "fd", "level", "name", "view", "length")                \
  X(ioctl, (Ioctl<FIONREAD, SIOCATMARK, SIOCOUTQ>), "fd", "request")                \
  X(memfd_create, ::memfd_create, "name", "flags")                                  \
  X(pidfd_getfd, PidfdGetfd, "pidfd", "target", "flags")                            \
  X(pidfd_open, PidfdOpen, "pid", "flags")                                          \
  X(pipe2, Pipe2, "fds", "flags")                                                   \
  X(recvmmsg, Recvmmsg, "fd", "batch.results", "batch.data", "batch.names", "batch.controls", "flags", "timeout") \
  X(sendmmsg, Sendmmsg, "fd", "batch.results", "batch.data", "batch.names", "batch.controls", "flags", "count") \
  X(setsockopt_fprog, SetsockoptFprog, "fd", "level", "name", "instructions")       \
  X(splice, ::splice, "fdIn", "offsetIn", "fdOut", "offsetOut", "length", "flags")

#define KERNEL_OWNING_CALLS(X)                                                      \
  X(accept4, OwnsResult)                                                            \
  X(epoll_create1, OwnsResult)                                                      \
  X(memfd_create, OwnsResult)                                                       \
  X(pidfd_getfd, OwnsResult)                                                        \
  X(pidfd_open, OwnsResult)                                                         \
  X(pipe2, OwnsPair)                                                                \
  X(recvmmsg, OwnsRights)

#elif defined(__APPLE__)

#include <sys/event.h>
#include <sys/sockio.h>

#define KERNEL_CALLS(X)                                                             \
  X(fcntl, (Fcntl<F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETOWN, F_SETOWN>), "fd", "command", "argument") \
  X(getsockopt, ::getsockopt, "fd", "level", "name", "view", "length")              \
  X(ioctl, (Ioctl<FIONREAD, SIOCATMARK>), "fd", "request")                          \
  X(kevent, Kevent, "kq", "changes", "events", "timeout")                           \
  X(kqueue, ::kqueue)

#define KERNEL_OWNING_CALLS(X)                                                      \
  X(kqueue, OwnsResult)

#endif
// clang-format on

// Each list of names ends with a nullptr: a function may have no arguments, and C++ has no empty arrays.
#define NAMES(name, function, ...)                                 \
  [[maybe_unused]] static constexpr auto name##_call = (function); \
  [[maybe_unused]] static constexpr char name##_name[] = #name;    \
  static constexpr const char* name##_names[] = {__VA_ARGS__ __VA_OPT__(, ) nullptr};
#define ROW(name, ...) {#name, Thunk<name##_call, name##_names>},
#define TRACED_ROW(name, ...) {#name, TracedThunk<name##_call, name##_names, name##_name>},
#define OWNING_ROW(name, owner) {#name, TracedThunk<name##_call, name##_names, name##_name, owner>},

POSIX_CALLS(NAMES)
POLLER_CALLS(NAMES)
LIBRARY_FUNCTIONS(NAMES)
KERNEL_CALLS(NAMES)

void ExportSyscalls(napi_env env, napi_value exports) {
  ExportFunctions(env, exports, "functions",
                  {POSIX_CALLS(TRACED_ROW) POLLER_CALLS(TRACED_ROW) KERNEL_CALLS(TRACED_ROW) LIBRARY_FUNCTIONS(ROW)});
  ExportFunctions(env, exports, "owning", {POSIX_OWNING_CALLS(OWNING_ROW) KERNEL_OWNING_CALLS(OWNING_ROW)});
}
