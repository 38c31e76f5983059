// Waiting for many descriptors at once, behind one contract for every kernel: edge-triggered, each
// descriptor registered once for both directions and never touched again until it is closed or
// removed. poller_epoll.c is it for Linux (epoll(7)), poller_kqueue.c for macOS (kqueue(2)); a new
// kernel is one more such file.
//
// An event is a hint, never a fact: whoever is woken tries its call again and may still find
// -EAGAIN.
#ifndef BSD_SOCKETS_POLLER_H
#define BSD_SOCKETS_POLLER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  POLLER_READABLE = 1,  // a recv or an accept may succeed, or tell end-of-file or an error
  POLLER_WRITABLE = 2,  // a send may succeed, a connect has ended, or either tells an error
  POLLER_ERROR = 4,     // an error or a message on the error queue waits; comes with both of the others
  // End-of-file, an error or urgent data stands behind the bytes that wait, if any do: it is told once, so receive
  // until there is nothing. Without it, a TCP socket that gave less than was asked for has given all that it had.
  POLLER_END = 8,
  // The peer has stopped sending, or is gone: an end-of-file stands behind the bytes that wait, if any do.
  POLLER_RDHUP = 16
};

typedef struct {
  int32_t fd;
  int32_t readiness;  // of the flags above, one or more
} poller_event;

// Each of these returns -1 and sets errno on failure.

// A new poller: a descriptor, close-on-exec, to be closed with close(2). It is itself readable when
// events wait.
int poller_create(void);

// Watches `fd` from now on. What is ready already is reported too. epoll fails with EPERM for a
// regular file, kqueue takes one.
int poller_add(int poller, int fd);

// Watches `fd` no longer. close(2) on the last descriptor of an open file does the same by itself.
int poller_remove(int poller, int fd);

// Writes at most `capacity` events and returns how many; waits for the first one at most `timeout`
// milliseconds: 0 does not wait, -1 has no limit.
int poller_wait(int poller, poller_event* events, int capacity, int timeout);

#ifdef __cplusplus
}
#endif

#endif
