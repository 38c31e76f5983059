#if __has_include(<sys/event.h>)

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/event.h>
#include <sys/types.h>
#include <unistd.h>

#include "poller.h"

#ifndef EV_OOBAND  // only macOS has it: urgent data
#define EV_OOBAND 0
#endif

enum { BATCH = 256 };

int poller_create(void) {
  const int poller = kqueue();
  if (poller < 0) return -1;
  // kqueue(2) has no flag for it; a fork between the two calls does not inherit a kqueue anyway.
  if (fcntl(poller, F_SETFD, FD_CLOEXEC) < 0) {
    const int error = errno;
    close(poller);
    errno = error;
    return -1;
  }
  return poller;
}

// Adds or deletes the two filters. With EV_RECEIPT the kernel returns a receipt for each, and no pending events.
static int change(int poller, int fd, uint16_t action) {
  struct kevent changes[2];
  EV_SET(&changes[0], fd, EVFILT_READ, action | EV_RECEIPT, 0, 0, NULL);
  EV_SET(&changes[1], fd, EVFILT_WRITE, action | EV_RECEIPT, 0, 0, NULL);
  struct kevent receipts[2];
  const int count = kevent(poller, changes, 2, receipts, 2, NULL);
  if (count < 0) return -1;
  for (int i = 0; i < count; i++) {
    if (receipts[i].data != 0) {
      errno = (int)receipts[i].data;
      return -1;
    }
  }
  return 0;
}

int poller_add(int poller, int fd) {
  if (change(poller, fd, EV_ADD | EV_CLEAR) == 0) return 0;
  const int error = errno;
  change(poller, fd, EV_DELETE);  // one of the two may have been added
  errno = error;
  return -1;
}

int poller_remove(int poller, int fd) {
  return change(poller, fd, EV_DELETE);
}

static int32_t readiness(const struct kevent* event) {
  // A hang-up or an error ends every wait, whatever it waits for, as epoll's EPOLLHUP and EPOLLERR do.
  int32_t flags = event->filter == EVFILT_READ ? POLLER_READABLE : POLLER_WRITABLE;
  if (event->flags & EV_ERROR || (event->flags & EV_EOF && event->fflags != 0)) {
    flags |= POLLER_READABLE | POLLER_WRITABLE | POLLER_ERROR;
  }
  if (event->flags & (EV_ERROR | EV_EOF | EV_OOBAND)) flags |= POLLER_END;
  if (event->flags & EV_EOF && event->filter == EVFILT_READ) flags |= POLLER_RDHUP;
  return flags;
}

int poller_wait(int poller, poller_event* events, int capacity, int timeout) {
  struct kevent ready[BATCH];
  struct timespec limit = {.tv_sec = timeout / 1000, .tv_nsec = (timeout % 1000) * 1000000L};
  const int count = kevent(poller, NULL, 0, ready, capacity < BATCH ? capacity : BATCH, timeout < 0 ? NULL : &limit);
  for (int i = 0; i < count; i++) {
    events[i].fd = (int32_t)ready[i].ident;
    events[i].readiness = readiness(&ready[i]);
  }
  return count;
}

#endif
