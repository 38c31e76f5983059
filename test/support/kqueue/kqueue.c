#include "kqueue.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { FILTERS = 1024 };

struct filter {
  struct kevent event;
  bool pending;
};

static struct filter filters[FILTERS];
static int count;
static int refusals[2];
static int failure;
static long last_timeout;
static int last_room;

static struct filter* find(uintptr_t fd, int16_t filter) {
  for (int i = 0; i < count; i++)
    if (filters[i].event.ident == fd && filters[i].event.filter == filter) return &filters[i];
  return NULL;
}

int kernel_registered(int fd, int16_t filter) {
  const struct filter* found = find((uintptr_t)fd, filter);
  return found ? found->event.flags : -1;
}

void kernel_edge(int fd, int16_t filter, uint16_t flags, uint32_t fflags) {
  struct filter* found = find((uintptr_t)fd, filter);
  if (found == NULL) return;
  found->event.flags |= flags;
  found->event.fflags = fflags;
  found->pending = true;
}

void kernel_refuse(int16_t filter, int error) {
  refusals[-filter - 1] = error;
}

void kernel_fail(int error) {
  failure = error;
}

long kernel_timeout(void) {
  return last_timeout;
}

int kernel_room(void) {
  return last_room;
}

// A descriptor of its own, as a kqueue is.
int kqueue(void) {
  return open("/dev/null", O_RDONLY);
}

static int change(const struct kevent* wanted) {
  struct filter* found = find(wanted->ident, wanted->filter);
  if (wanted->flags & EV_DELETE) {
    if (found == NULL) return ENOENT;
    *found = filters[--count];
    return 0;
  }
  if (refusals[-wanted->filter - 1] != 0) return refusals[-wanted->filter - 1];
  if (found == NULL) found = &filters[count++];
  memset(found, 0, sizeof *found);
  found->event = *wanted;
  return 0;
}

int kevent(int kq, const struct kevent* changes, int change_count, struct kevent* events, int event_count,
           const struct timespec* timeout) {
  if (fcntl(kq, F_GETFD) < 0) return -1;
  if (failure != 0) {
    errno = failure;
    failure = 0;
    return -1;
  }
  int told = 0;
  for (int i = 0; i < change_count; i++) {
    const int error = change(&changes[i]);
    if (error == 0 && !(changes[i].flags & EV_RECEIPT)) continue;
    if (told == event_count) {
      errno = error;
      return -1;
    }
    events[told] = changes[i];
    events[told].flags = EV_ERROR;
    events[told++].data = error;
  }
  if (told > 0 || change_count > 0) return told;

  last_timeout = timeout ? timeout->tv_sec * 1000 + timeout->tv_nsec / 1000000 : -1;
  last_room = event_count;
  for (int i = 0; i < count && told < event_count; i++) {
    if (!filters[i].pending) continue;
    events[told++] = filters[i].event;
    filters[i].pending = !(filters[i].event.flags & EV_CLEAR);
  }
  return told;
}
