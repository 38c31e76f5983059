#include "calls.h"

#include <cstring>

ssize_t Readv(int fd, Vectors views) {
  return readv(fd, views.data, views.count);
}

ssize_t Writev(int fd, Vectors views) {
  return writev(fd, views.data, views.count);
}

static msghdr Message(Vectors iov, OptionalBytes name, OptionalBytes control) {
  msghdr message = {};
  message.msg_name = name.data;
  message.msg_namelen = Clamp<socklen_t>(name.size);
  message.msg_iov = const_cast<iovec*>(iov.data);
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(iov.count);
  message.msg_control = control.data;
  message.msg_controllen = Clamp<decltype(message.msg_controllen)>(control.size);
  return message;
}

ssize_t Recvmsg(int fd, Vectors iov, OptionalBytes name, OptionalBytes control, MessageNumbers* numbers, int flags) {
  msghdr message = Message(iov, name, control);
  const ssize_t result = recvmsg(fd, &message, flags);
  if (result >= 0 && numbers != nullptr) {
    const MessageNumbers came = {message.msg_namelen, static_cast<uint32_t>(message.msg_controllen), message.msg_flags};
    memcpy(numbers, &came, sizeof came);
  }
  return result;
}

ssize_t Sendmsg(int fd, Vectors iov, OptionalBytes name, OptionalBytes control, int flags) {
  const msghdr message = Message(iov, name, control);
  return sendmsg(fd, &message, flags);
}
