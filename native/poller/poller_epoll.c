#if defined(__linux__)

#include <sys/epoll.h>

#include "poller.h"

enum { BATCH = 256 };

int poller_create(void) {
  return epoll_create1(EPOLL_CLOEXEC);
}

int poller_add(int poller, int fd) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET, .data = {.fd = fd}};
  return epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

int poller_remove(int poller, int fd) {
  struct epoll_event ignored = {0};
  return epoll_ctl(poller, EPOLL_CTL_DEL, fd, &ignored);
}

static int32_t readiness(uint32_t events) {
  // An error or a hang-up ends every wait, whatever it waits for. poll(2) always reports them for the same reason.
  const uint32_t ended = events & (EPOLLERR | EPOLLHUP);
  int32_t flags = 0;
  if (ended || events & (EPOLLIN | EPOLLRDHUP | EPOLLPRI)) flags |= POLLER_READABLE;
  if (ended || events & EPOLLOUT) flags |= POLLER_WRITABLE;
  if (events & EPOLLERR) flags |= POLLER_ERROR;
  if (ended || events & (EPOLLRDHUP | EPOLLPRI)) flags |= POLLER_END;
  if (events & (EPOLLRDHUP | EPOLLHUP)) flags |= POLLER_RDHUP;
  return flags;
}

int poller_wait(int poller, poller_event* events, int capacity, int timeout) {
  struct epoll_event ready[BATCH];
  const int count = epoll_wait(poller, ready, capacity < BATCH ? capacity : BATCH, timeout);
  for (int i = 0; i < count; i++) {
    events[i].fd = ready[i].data.fd;
    events[i].readiness = readiness(ready[i].events);
  }
  return count;
}

#endif
