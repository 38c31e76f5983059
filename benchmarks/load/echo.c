// Messages over persistent connections. Each connection has a sequence of bytes, with which received bytes are
// compared.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "load.h"

typedef struct {
  int fd;
  uint64_t due;       // bytes that may be sent by now
  uint64_t sent;      // of those
  uint64_t received;  // of those
  uint64_t expected;  // messages that are to be sent by now: more than may be, where the server lags behind
  uint64_t allowed;   // messages that may be
  uint64_t answered;
  int64_t* sent_at;  // of each message under way
} connection;

static char received[LOAD_CHUNK];
static connection* all;
static int remaining;
static int64_t begun;

// With a rate, message `n` of all goes over connection `n` modulo their number, at its time, whatever the server does:
// so a server that stalls is charged for all that was to be sent meanwhile.
static int64_t time_of(int index, uint64_t message) {
  const double n = (double)message * options.connections + index;
  return begun + (int64_t)(n * 1e9 / options.rate);
}

static void lose(connection* one) {
  close(one->fd);
  one->fd = -1;
  figures.errors++;
  remaining--;
}

static void send_due(connection* one, int index, int64_t now) {
  while (one->allowed < one->expected && one->allowed - one->answered < (uint64_t)options.depth) {
    one->sent_at[one->allowed % (uint64_t)options.depth] = options.rate > 0 ? time_of(index, one->allowed) : now;
    one->allowed++;
    one->due += (uint64_t)options.size;
  }
  while (one->sent < one->due) {
    const uint64_t left = one->due - one->sent;
    const size_t size = left < LOAD_CHUNK ? left : LOAD_CHUNK;
    const ssize_t count = send(one->fd, load_bytes(index, one->sent), size, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) return lose(one);
    one->sent += (uint64_t)count;
  }
}

static void count_answered(connection* one, int64_t now) {
  const uint64_t whole = one->received / (uint64_t)options.size;
  for (; one->answered < whole; one->answered++) {
    figures.messages++;
    histogram_add(&figures.latencies, now - one->sent_at[one->answered % (uint64_t)options.depth]);
  }
}

static void receive(connection* one, int index) {
  for (;;) {
    const ssize_t count = recv(one->fd, received, sizeof received, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0 || one->received + (uint64_t)count > one->sent ||
        memcmp(received, load_bytes(index, one->received), (size_t)count) != 0) {
      return lose(one);
    }
    one->received += (uint64_t)count;
    figures.bytes += (uint64_t)count;
    if ((size_t)count < sizeof received) return;
  }
}

static void serve(int index, uint32_t events) {
  connection* const one = &all[index];
  if (one->fd < 0) return;
  if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) receive(one, index);
  if (one->fd < 0) return;
  const int64_t now = load_now();
  count_answered(one, now);
  if (options.rate == 0) one->expected = one->answered + (uint64_t)options.depth;
  send_due(one, index, now);
}

// Sends what the rate says is to be sent by now. Returns how long to wait for the next, in milliseconds: 0 where that
// is less than one.
static int keep_rate(int64_t now, uint64_t* next) {
  for (;; (*next)++) {
    const int index = (int)(*next % (uint64_t)options.connections);
    const int64_t left = time_of(index, *next / (uint64_t)options.connections) - now;
    if (left > 0) return (int)(left / 1000000);
    all[index].expected++;
    if (all[index].fd >= 0) send_due(&all[index], index, now);
  }
}

void load_echo(void) {
  enum { EVENTS = 256 };
  struct epoll_event events[EVENTS];
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  all = calloc((size_t)options.connections, sizeof *all);
  if (all == NULL) load_fail("calloc");
  for (int i = 0; i < options.connections; i++) {
    all[i].fd = load_connect(i);
    all[i].sent_at = calloc((size_t)options.depth, sizeof *all[i].sent_at);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.u32 = (uint32_t)i}};
    if (all[i].sent_at == NULL || epoll_ctl(poller, EPOLL_CTL_ADD, all[i].fd, &event) < 0) load_fail("epoll_ctl");
  }
  remaining = options.connections;
  begun = load_now();
  uint64_t next = 0;
  for (int64_t now = begun; load_continues(now); now = load_now()) {
    if (remaining == 0) {
      errno = ECONNRESET;
      load_fail("all connections");
    }
    const int timeout = options.rate > 0 ? keep_rate(now, &next) : 100;
    const int count = epoll_wait(poller, events, EVENTS, timeout < 100 ? timeout : 100);
    if (count < 0 && errno != EINTR) load_fail("epoll_wait");
    for (int i = 0; i < count; i++) serve((int)events[i].data.u32, events[i].events);
  }
}
