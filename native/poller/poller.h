// Waits for many descriptors, by one contract for every kernel: edge-triggered; each descriptor is registered once, for
// both directions, until it is closed or removed. poller_epoll.c implements it by epoll(7), poller_kqueue.c by
// kqueue(2); a kernel with neither needs one more such file.
//
// An event is only a hint: the woken waiter tries its call again, and may still get -EAGAIN.
#ifndef BSD_SOCKETS_POLLER_H
#define BSD_SOCKETS_POLLER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  POLLER_READABLE = 1,  // a recv or an accept may succeed, or report end-of-file or an error
  POLLER_WRITABLE = 2,  // a send may succeed, a connect has ended, or either reports an error
  POLLER_ERROR = 4,     // an error or a message on the error queue waits; comes with both of the others
  // End-of-file, an error or urgent data is behind the bytes to be received, if there are any. It is reported once, so
  // receive until nothing is left. Without it, a TCP receive of less than was asked for has received all bytes.
  POLLER_END = 8,
  // The peer has stopped sending, or is gone: end-of-file is behind the bytes to be received, if there are any.
  POLLER_RDHUP = 16
};

typedef struct {
  int32_t fd;
  int32_t readiness;  // of the flags above, one or more
} poller_event;

// Each of these returns -1 and sets errno on failure.

// Creates a poller: a close-on-exec descriptor, to be closed with close(2). It is readable when it has events.
int poller_create(void);

// Watches `fd` from now on. If it is ready already, that is reported too. epoll fails with EPERM for a regular file;
// kqueue accepts one.
int poller_add(int poller, int fd);

// Stops watching `fd`. Closing the last descriptor of an open file does the same.
int poller_remove(int poller, int fd);

// Writes at most `capacity` events, and returns their number. It waits at most `timeout` milliseconds for the first
// one: 0 does not wait, -1 has no limit.
int poller_wait(int poller, poller_event* events, int capacity, int timeout);

#ifdef __cplusplus
}
#endif

#endif
