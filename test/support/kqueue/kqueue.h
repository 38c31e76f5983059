// What the tests see and steer of the little kernel behind the stand-in for kqueue(2).
#ifndef BSD_SOCKETS_TEST_KQUEUE_H
#define BSD_SOCKETS_TEST_KQUEUE_H

#include <stdbool.h>
#include <sys/event.h>

// The filter's flags as they were added, or -1 where it is not registered.
int kernel_registered(int fd, int16_t filter);

// An edge: the next wait tells it once, if its filter is registered with EV_CLEAR.
void kernel_edge(int fd, int16_t filter, uint16_t flags, uint32_t fflags);

// Lets a change that adds this filter fail with `error`, 0 for none.
void kernel_refuse(int16_t filter, int error);

// Lets the next call fail with `error`.
void kernel_fail(int error);

// The timeout of the last wait, in milliseconds, -1 without a limit; and how many events it had room for.
long kernel_timeout(void);
int kernel_room(void);

#endif
