// The reference for echoes: the simplest possible server on epoll(7), level-triggered. It receives into one buffer,
// which begins --offset bytes after the beginning of a page. If a client does not receive its answer at once, the whole
// server waits for it.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "load.h"

enum { PAGE = 4096, SIZE = 256 * 1024, EVENTS = 256 };

static int open_listener(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) load_fail("socket");
  if (bind(fd, (const struct sockaddr*)&address, length) < 0) load_fail("bind");
  if (listen(fd, 4096) < 0) load_fail("listen");
  if (getsockname(fd, (struct sockaddr*)&address, &length) < 0) load_fail("getsockname");
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

static void watch(int poller, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) load_fail("epoll_ctl");
}

// Returns false where the client is lost. What it does not take at once is waited for: the load reads all the time.
static bool send_all(int fd, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t count = send(fd, bytes, size, MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (count > 0) bytes += count, size -= (size_t)count;
  }
  return true;
}

void load_echo_server(void) {
  char* const memory = aligned_alloc(PAGE, PAGE + SIZE);
  if (memory == NULL) load_fail("aligned_alloc");
  char* const buffer = memory + options.offset;
  struct epoll_event events[EVENTS];
  const int listener = open_listener();
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) load_fail("epoll_create1");
  watch(poller, listener);
  for (;;) {
    const int count = epoll_wait(poller, events, EVENTS, -1);
    if (count < 0 && errno != EINTR) load_fail("epoll_wait");
    for (int i = 0; i < count; i++) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        const int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0) continue;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        watch(poller, client);
        continue;
      }
      const ssize_t received = recv(fd, buffer, SIZE, 0);
      if (received < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (received <= 0 || !send_all(fd, buffer, (size_t)received)) close(fd);
    }
  }
}
