// Idle connections. Each has sent one message and got it back, so the server has accepted it.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

static void wait_for(int fd, short events) {
  struct pollfd one = {.fd = fd, .events = events};
  while (poll(&one, 1, -1) < 0) {
    if (errno != EINTR) load_fail("poll");
  }
}

static void exchange(int fd, int index) {
  static char received[LOAD_CHUNK];
  wait_for(fd, POLLOUT);
  if (send(fd, load_bytes(index, 0), (size_t)options.size, MSG_NOSIGNAL) != options.size) load_fail("send");
  for (int done = 0; done < options.size;) {
    wait_for(fd, POLLIN);
    const ssize_t count = recv(fd, received, sizeof received, 0);
    if (count <= 0) load_fail("recv");
    if (memcmp(received, load_bytes(index, (uint64_t)done), (size_t)count) != 0) figures.errors++;
    done += (int)count;
  }
}

void load_idle(void) {
  for (int i = 0; i < options.connections; i++) exchange(load_connect(i), i);
  printf("open\n");
  fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) continue;
  const int64_t now = load_now();
  options.warmup = 0;
  options.duration = 1;
  load_continues(now);
  figures.messages = (uint64_t)options.connections;
  load_continues(now + 1000000);
}
