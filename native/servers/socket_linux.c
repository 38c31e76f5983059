#if defined(__linux__)

#include <stddef.h>
#include <sys/socket.h>

#include "socket.h"

const int socket_send_flags = MSG_NOSIGNAL;

int socket_accept(int listener, bool nonblocking) {
  return accept4(listener, NULL, NULL, SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0));
}

#endif
