#if defined(__APPLE__)

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket.h"

const int socket_send_flags = 0;

int socket_accept(int listener, bool nonblocking) {
  const int client = accept(listener, NULL, NULL);
  if (client < 0) return -1;
  // On macOS a new socket inherits O_NONBLOCK from the listener. setsockopt(2) fails with EINVAL once the client has
  // reset the connection.
  const int on = 1;
  if (fcntl(client, F_SETFD, FD_CLOEXEC) < 0 || fcntl(client, F_SETFL, nonblocking ? O_NONBLOCK : 0) < 0 ||
      setsockopt(client, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on) < 0) {
    close(client);
    errno = ECONNABORTED;
    return -1;
  }
  return client;
}

bool socket_refuse_handshakes(int listener) {
  (void)listener;
  return false;
}

#endif
