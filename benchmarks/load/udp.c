// Datagrams over one socket, in batches. Each begins with its number; the rest is the place of that number in the
// sequence of bytes. What is not answered within a while is lost.
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "load.h"

enum { BATCH = 64, WINDOW = 1 << 16, PATIENCE = 100 };

typedef struct {
  uint64_t number;
  char rest[65536];
} datagram;

static datagram sending[BATCH], receiving[BATCH];
static struct iovec send_places[BATCH], receive_places[BATCH];
static struct mmsghdr send_batch[BATCH], receive_batch[BATCH];
static int64_t sent_at[WINDOW];  // 0 for one that is answered
static uint64_t next;
static int under_way;

static size_t rest_size(void) {
  return (size_t)options.size - sizeof(uint64_t);
}

static void prepare(struct mmsghdr* batch, struct iovec* places, datagram* datagrams, size_t size) {
  for (int i = 0; i < BATCH; i++) {
    places[i] = (struct iovec){.iov_base = &datagrams[i], .iov_len = size};
    batch[i].msg_hdr = (struct msghdr){.msg_iov = &places[i], .msg_iovlen = 1};
  }
}

static void send_some(int fd) {
  const int wanted = options.depth - under_way < BATCH ? options.depth - under_way : BATCH;
  const int64_t now = load_now();
  for (int i = 0; i < wanted; i++) {
    sending[i].number = next + (uint64_t)i;
    memcpy(sending[i].rest, load_bytes(0, sending[i].number * 31), rest_size());
  }
  const int count = sendmmsg(fd, send_batch, (unsigned)wanted, 0);
  if (count < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS) figures.errors++;
  for (int i = 0; i < count; i++) sent_at[next++ % WINDOW] = now;
  if (count > 0) under_way += count;
}

static void receive_some(int fd) {
  const int count = recvmmsg(fd, receive_batch, BATCH, MSG_DONTWAIT, NULL);
  if (count < 0 && errno != EAGAIN && errno != EINTR) figures.errors++;
  const int64_t now = load_now();
  for (int i = 0; i < count; i++) {
    const datagram* const one = &receiving[i];
    if (receive_batch[i].msg_len != (unsigned)options.size || one->number >= next || next - one->number > WINDOW ||
        memcmp(one->rest, load_bytes(0, one->number * 31), rest_size()) != 0) {
      figures.errors++;
      continue;
    }
    int64_t* const at = &sent_at[one->number % WINDOW];
    if (*at == 0) continue;  // late: it was given up
    histogram_add(&figures.latencies, now - *at);
    *at = 0;
    figures.messages++;
    figures.bytes += (uint64_t)options.size;
    under_way--;
  }
}

static void give_up(void) {
  for (int i = 0; i < WINDOW; i++) sent_at[i] = 0;
  figures.lost += (uint64_t)under_way;
  under_way = 0;
}

void load_udp(void) {
  if (options.size < (int)sizeof(uint64_t) || options.size > 65507) {
    errno = EMSGSIZE;
    load_fail("--size");
  }
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (const struct sockaddr*)&options.address, options.address_length) < 0) load_fail("connect");
  prepare(send_batch, send_places, sending, (size_t)options.size);
  prepare(receive_batch, receive_places, receiving, sizeof *receiving);
  while (load_continues(load_now())) {
    if (under_way < options.depth) send_some(fd);
    struct pollfd one = {.fd = fd, .events = POLLIN};
    const int ready = poll(&one, 1, PATIENCE);
    if (ready > 0) receive_some(fd);
    if (ready == 0) give_up();
  }
}
