// How the servers serve: the words of --mode. To add one, add its row here; src/cli/servers/modes.ts has those of
// TypeScript, and a test compares the two.
#ifndef BSD_SOCKETS_SERVERS_LOOPS_MODES_H
#define BSD_SOCKETS_SERVERS_LOOPS_MODES_H

#include <stddef.h>

// CALLS: the calls for a client block; each program has a function of that name (`echo_threads`). LOOP: the kernel is
// asked which clients are ready, by a file of this folder (`clients_poll`).
// clang-format off
#define MODES(CALLS, LOOP) \
  CALLS(blocking)          \
  CALLS(threads)           \
  LOOP(select)             \
  LOOP(poll)               \
  LOOP(epoll)
// clang-format on

// A server_choice.
#define MODE_WORD(name) #name,
#define MODE_INDEX(name) MODE_##name,
enum { MODES(MODE_INDEX, MODE_INDEX) };
#define MODE_CHOICE                                                                                           \
  {                                                                                                           \
    .name = "--mode", .words = (const char* const[]){MODES(MODE_WORD, MODE_WORD) NULL}, .chosen = MODE_epoll, \
    .meaning = "how clients are served; epoll is kqueue on macOS"                                             \
  }

#endif
