// The socket calls that differ between kernels: implemented in socket_linux.c and in socket_darwin.c.
#ifndef BSD_SOCKETS_SERVERS_SOCKET_H
#define BSD_SOCKETS_SERVERS_SOCKET_H

#include <stdbool.h>

// The flags of send(2) and sendmsg(2) on a socket of socket_accept: sending to a client that is gone gives EPIPE, and
// no signal SIGPIPE.
extern const int socket_send_flags;

// Accepts a socket, non-blocking or not. Returns -1 and sets errno on failure. accept(2)
int socket_accept(int listener, bool nonblocking);

// Lets a listening TCP socket begin no further handshake; those that have begun still end, and can be accepted. Returns
// false if the kernel cannot do it. Makes only calls that signal-safety(7) allows. src/sockets/accepting.ts has the
// same.
bool socket_refuse_handshakes(int listener);

#endif
