// The addon's own functions in the table of calls: for calls whose C prototype does not give the sizes of their
// arguments (fcntl's and ioctl's may be pointers, socketpair's is an array without a length), and for calls that take
// structures. Each makes the system call of its name, and fails as that does: -1 with errno set.
#ifndef BSD_SOCKETS_CALLS_H
#define BSD_SOCKETS_CALLS_H

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/select.h>

#include "arguments.h"
#include "http_parser.h"
#include "thunk.h"

// Plain calls: calls.cc

struct DescriptorPair {
  int fds[2];
};

// ENAMETOOLONG for PATH_MAX bytes or more, EINVAL for a path with a NUL.
int Open(Bytes path, int flags, Optional<int> mode);
int Poll(Array<pollfd> pollfds, int timeout_ms);
int Select(Ranged<0, FD_SETSIZE> nfds, fd_set* readfds, fd_set* writefds, fd_set* exceptfds, timeval* timeout);
int Setsockopt(int fd, int level, int name, OptionalBytes value, Optional<socklen_t> length);
int Socketpair(int domain, int type, int protocol, Structure<DescriptorPair> fds);

// Only for commands with an integer argument or without one.
template <auto... Commands>
int Fcntl(int fd, OneOf<Commands...> command, Optional<int> argument) {
  return fcntl(fd, command.value, argument.value);
}

// Returns the integer that the request writes through its pointer.
template <auto... Requests>
int Ioctl(int fd, OneOf<Requests...> request) {
  int result = 0;
  return ioctl(fd, request.value, &result) == -1 ? -1 : result;
}

// Messages and vectors: messages.cc. Batches of messages: calls_linux.cc

// The numbers that recvmsg(2) returns with a message. When it is called, the lengths of the views are used instead.
struct MessageNumbers {
  uint32_t name_length;
  uint32_t control_length;
  int32_t flags;
};

ssize_t Readv(int fd, Vectors views);
ssize_t Writev(int fd, Vectors views);
ssize_t Recvmsg(int fd, Vectors iov, OptionalBytes name, OptionalBytes control, MessageNumbers* numbers, int flags);
ssize_t Sendmsg(int fd, Vectors iov, OptionalBytes name, OptionalBytes control, int flags);

// The views of a batch divide into equal slots, one for each message; names and controls may be null. `results` has the
// length of each message and its MessageNumbers.
struct MessageResult {
  uint32_t length;
  MessageNumbers numbers;
};

int Recvmmsg(int fd, Array<MessageResult> results, Bytes data, OptionalBytes names, OptionalBytes control, int flags,
             timespec* timeout);
int Sendmmsg(int fd, Array<MessageResult> results, Bytes data, OptionalBytes names, OptionalBytes control, int flags,
             Ranged<0, kMaxVectors> count);

// Calls that only one kernel has: calls_linux.cc, calls_darwin.cc

struct epoll_event;
struct kevent;
struct sock_filter;

int EpollWait(int epfd, Array<epoll_event> events, int timeout_ms);
// The length is in bytes for SO_GET_FILTER too; the kernel counts instructions there.
int Getsockopt(int fd, int level, int name, void* value, socklen_t* length);
int Kevent(int kq, OptionalArray<struct kevent> changes, OptionalArray<struct kevent> events, timespec* timeout);
// The C library has these two only since glibc 2.36.
int PidfdGetfd(int pidfd, int target, uint32_t flags);
int PidfdOpen(int pid, uint32_t flags);
int Pipe2(Structure<DescriptorPair> fds, int flags);
ssize_t Sendfile(int out, int in, off_t* offset, size_t count);
// For options whose value is a sock_fprog, which has a pointer to instructions: SO_ATTACH_FILTER and others.
int SetsockoptFprog(int fd, int level, int name, Array<sock_filter> instructions);

// The HTTP parser (native/http/http_parser.h), over the bytes from `start` to before `end`: http.cc. Returns -EINVAL if
// they are outside the view, or a structure is null or misaligned.

int HttpParseRequest(Bytes bytes, uint32_t start, uint32_t end, http_limits* limits, http_request* request);
int HttpDecodeChunked(Bytes bytes, uint32_t start, uint32_t end, http_limits* limits, http_chunked* chunked);

// Not system calls: macros.cc

using Descriptor = Ranged<0, FD_SETSIZE - 1>;
int FdClr(Descriptor fd, Structure<fd_set> set);
int FdIsset(Descriptor fd, Structure<fd_set> set);
int FdSet(Descriptor fd, Structure<fd_set> set);
int FdZero(Structure<fd_set> set);

uint32_t Htonl(uint32_t host);
uint16_t Htons(uint16_t host);
uint32_t Ntohl(uint32_t network);
uint16_t Ntohs(uint16_t network);

size_t CmsgLen(uint32_t length);
size_t CmsgSpace(uint32_t length);

// Not system calls: inet.cc

// Returns 1; or 0 if the text is not an address. `bytes` needs room for 4 bytes (AF_INET) or 16 (AF_INET6).
int InetAton(const char* text, Bytes address);
Text InetNtop(int family, Bytes address);
int InetPton(int family, const char* text, Bytes address);

// Writes an entry for each interface, and returns the number of interfaces, which may be more than `interfaces` has
// room for.
struct Interface {
  uint32_t index;
  char name[28];  // IF_NAMESIZE is 16
};
Text IfIndextoname(uint32_t index);
int IfNameindex(Array<Interface> interfaces);
int IfNametoindex(const char* name);

// Not system calls; they may make many: addrinfo.cc

// `code`: 0 or an EAI_ code. `error`: the errno, for EAI_SYSTEM.
struct ResolverStatus {
  int32_t code;
  int32_t error;
};

struct AddressInfo {
  int32_t family;
  int32_t type;
  int32_t protocol;
  uint32_t length;
  uint8_t address[128];  // as large as sockaddr_storage
};

struct AddressHints {
  int32_t flags;
  int32_t family;
  int32_t type;
  int32_t protocol;
};

// Returns the number of addresses, which may be more than `results` has room for; or -1, with the error in `status`.
// With AI_CANONNAME, `canonname` gets the canonical name of the first, and a NUL.
int Getaddrinfo(ResolverStatus* status, OptionalText node, OptionalText service, AddressHints* hints,
                Array<AddressInfo> results, OptionalBytes canonname);
// Writes a string that ends with a NUL into both views. Returns 0; or -1, with the error in `status`.
int Getnameinfo(ResolverStatus* status, Bytes address, int flags, Bytes host, Bytes service);
// Writes the status. Returns 0 for the code 0, otherwise -1.
int Report(ResolverStatus* status, int code);

// Entries of the C library's databases: netdb.cc

// Both write strings that end with a NUL: the host's name, its aliases, an empty string, and its addresses. They return
// the number of bytes needed, which may be more than there is room for; or -1, with the error in `status`.
int Gethostbyaddr(ResolverStatus* status, int family, Bytes address, Bytes texts);
int Gethostbyname(ResolverStatus* status, const char* name, Bytes texts);
// They fail with ENOENT if there is no such entry. Ports are in host byte order. A null protocol means any.
int Getprotobyname(const char* name);
int Getservbyname(const char* name, OptionalText protocol);
Text Getservbyport(Ranged<0, 65535> port, OptionalText protocol);
int Sethostname(const char* name);

#endif
