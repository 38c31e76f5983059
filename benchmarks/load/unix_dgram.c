// Unix datagrams in one direction: to the server, or from the server, which is asked for them by `to PATH SIZE`. Each
// begins with its number, 8 bytes, of which the last is 0; the byte at any other place has that place as its value.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "load.h"

enum { BATCH = 16, ROOM = 65536, HEAD = sizeof(uint64_t) };

static char pattern[ROOM], datagrams[BATCH][ROOM];
static struct iovec places[BATCH];
static struct mmsghdr batch[BATCH];

static void prepare(void) {
  if (options.address.ss_family != AF_UNIX || options.size < HEAD || options.size > ROOM) {
    errno = EINVAL;
    load_fail("--path, --size");
  }
  for (int at = HEAD; at < ROOM; at++) pattern[at] = (char)at;
  for (int i = 0; i < BATCH; i++) {
    memcpy(datagrams[i], pattern, ROOM);
    places[i] = (struct iovec){.iov_base = datagrams[i], .iov_len = (size_t)options.size};
    batch[i].msg_hdr = (struct msghdr){.msg_iov = &places[i], .msg_iovlen = 1};
  }
}

// Blocks ten seconds at most.
static int open_socket(void) {
  const struct timeval patience = {.tv_sec = 10};
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) load_fail("socket");
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return fd;
}

static void count(int messages) {
  figures.messages += (uint64_t)messages;
  figures.bytes += (uint64_t)messages * (uint64_t)options.size;
}

void load_dgram_send(void) {
  prepare();
  const int fd = open_socket();
  if (connect(fd, (const struct sockaddr*)&options.address, options.address_length) < 0) load_fail("connect");
  uint64_t next = 0;
  while (load_continues(load_now())) {
    for (int i = 0; i < BATCH; i++) {
      const uint64_t number = next + (uint64_t)i;
      memcpy(datagrams[i], &number, HEAD);
    }
    const int sent = sendmmsg(fd, batch, BATCH, 0);
    if (sent < 0) load_fail("sendmmsg");
    next += (uint64_t)sent;
    count(sent);
  }
  close(fd);
}

static bool is_right(const struct mmsghdr* message, const char* bytes, uint64_t number) {
  memcpy(pattern, &number, HEAD);
  return message->msg_len == (unsigned)options.size && memcmp(bytes, pattern, (size_t)options.size) == 0;
}

void load_dgram_receive(void) {
  prepare();
  struct sockaddr_un own = {.sun_family = AF_UNIX};
  const char* const path = ((const struct sockaddr_un*)&options.address)->sun_path;
  if (snprintf(own.sun_path, sizeof own.sun_path, "%s.load", path) >= (int)sizeof own.sun_path) {
    errno = ENAMETOOLONG;
    load_fail(path);
  }
  const int fd = open_socket();
  unlink(own.sun_path);
  if (bind(fd, (const struct sockaddr*)&own, sizeof own) < 0) load_fail("bind");
  char request[sizeof own.sun_path + 32];
  const int length = snprintf(request, sizeof request, "to %s %d", own.sun_path, options.size);
  if (sendto(fd, request, (size_t)length, 0, (const struct sockaddr*)&options.address, options.address_length) < 0)
    load_fail("sendto");
  uint64_t next = 0;
  while (load_continues(load_now())) {
    for (int i = 0; i < BATCH; i++) places[i].iov_len = ROOM;
    const int received = recvmmsg(fd, batch, BATCH, MSG_WAITFORONE, NULL);
    if (received < 0) load_fail("recvmmsg");
    for (int i = 0; i < received; i++) {
      if (!is_right(&batch[i], datagrams[i], next++)) figures.errors++;
    }
    count(received);
  }
  close(fd);
  unlink(own.sun_path);
}
