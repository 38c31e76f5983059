// A stand-in for macOS' <sys/event.h>, as far as native/poller/poller_kqueue.c needs it, over the little kernel in
// kqueue.c. Names and numbers are xnu's.
#ifndef BSD_SOCKETS_TEST_KQUEUE_EVENT_H
#define BSD_SOCKETS_TEST_KQUEUE_EVENT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { EVFILT_READ = -1, EVFILT_WRITE = -2 };

enum {
  EV_ADD = 0x0001,
  EV_DELETE = 0x0002,
  EV_CLEAR = 0x0020,
  EV_RECEIPT = 0x0040,
  EV_ERROR = 0x4000,
  EV_EOF = 0x8000
};

struct kevent {
  uintptr_t ident;
  int16_t filter;
  uint16_t flags;
  uint32_t fflags;
  intptr_t data;
  void* udata;
};

#define EV_OOBAND 0x2000

#define EV_SET(event, ident_, filter_, flags_, fflags_, data_, udata_) \
  (*(event) = (struct kevent){(ident_), (filter_), (flags_), (fflags_), (data_), (udata_)})

int kqueue(void);
int kevent(int kq, const struct kevent* changes, int change_count, struct kevent* events, int event_count,
           const struct timespec* timeout);

#endif
