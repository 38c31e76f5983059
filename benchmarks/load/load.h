// What the modes of the load generator share: the options, the clock, the bytes that are sent, and the figures.
#ifndef BSD_SOCKETS_LOAD_H
#define BSD_SOCKETS_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "histogram.h"

typedef struct {
  struct sockaddr_storage address;  // the server's
  socklen_t address_length;
  int connections;
  int size;    // bytes of a message
  int depth;   // messages under way on each connection
  int rate;    // messages a second over all connections; 0: as many as are answered
  int warmup;  // milliseconds that are not counted
  int duration;
  int pid;     // the server's, whose CPU time is told; 0 for none
  int offset;  // of an echo server's buffer from the beginning of a page
} load_options;

// The figures since the end of the warm-up.
typedef struct {
  histogram latencies;  // of a whole message, from when it was to be sent to its last byte
  uint64_t messages;
  uint64_t bytes;
  uint64_t errors;  // connections that failed or ended, and messages whose bytes are not those sent
  uint64_t lost;    // datagrams without an answer
} load_figures;

extern load_options options;
extern load_figures figures;

// The monotonic clock, in nanoseconds.
int64_t load_now(void);

// The bytes that connection `index` sends: an endless sequence, of which each call gives as much as is asked for,
// LOAD_CHUNK at most, from `position` on. Another index is another place in the sequence.
enum { LOAD_CHUNK = 256 * 1024 };
const char* load_bytes(int index, uint64_t position);

// A non-blocking socket whose connect(2) to the server was begun. Exits where that fails.
int load_connect(int index);

// Whether to go on: begins to count when the warm-up is over, and ends when the time is.
bool load_continues(int64_t now);

// Seconds that a process has used: in all, to the nanosecond, and in its own code and in the kernel, by ticks.
typedef struct {
  double total, user, kernel;
} load_cpu;

// Nothing for 0.
load_cpu load_cpu_of(int pid);

// Prints what failed with errno, and exits with 1.
_Noreturn void load_fail(const char* what);

// The modes. Each returns when load_continues says no; load_once, when all are answered; load_idle, at the end of
// standard input.
void load_echo(void);
void load_sequence(void);
void load_once(void);
void load_idle(void);
void load_udp(void);
void load_dgram_send(void);
void load_dgram_receive(void);

// The other sides, of load_echo and of load_udp; they do not return.
void load_echo_server(void);
void load_answer(void);
void load_answer_each(void);

#endif
