// The two socket calls that differ between kernels: socket_linux.c and socket_darwin.c each are all of it for one.
#ifndef BSD_SOCKETS_SERVERS_SOCKET_H
#define BSD_SOCKETS_SERVERS_SOCKET_H

#include <stdbool.h>

// The flags for send(2) and sendmsg(2) to a socket of socket_accept, so that a client that is gone is EPIPE and not
// the signal SIGPIPE.
extern const int socket_send_flags;

// accept(2), the new socket non-blocking or not. Returns -1 and sets errno on failure.
int socket_accept(int listener, bool nonblocking);

#endif
