// Four answers to a call that would wait: for ever, for a time, not at all, or until somebody ends it.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int check(const char* call, ssize_t result) {
  if (result < 0) {
    perror(call);
    exit(1);
  }
  return (int)result;
}

int main(void) {
  char bytes[100];
  int ends[2], wake[2];
  check("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
  int left = ends[0], right = ends[1];

  struct pollfd waited = {.fd = left, .events = POLLIN};
  if (check("poll", poll(&waited, 1, 50)) == 0) printf("after 50 ms: ETIMEDOUT\n");

  if (recv(left, bytes, sizeof bytes, MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    printf("at once: EAGAIN\n");

  check("send", send(right, "here", 4, MSG_NOSIGNAL));
  int length = check("recv", recv(left, bytes, sizeof bytes, 0));
  printf("there is something: %.*s\n", length, bytes);

  check("pipe", pipe(wake));
  if (check("fork", fork()) == 0) {  // somebody ends the wait by a byte in a pipe
    usleep(50 * 1000);
    _exit(write(wake[1], "x", 1) == 1 ? 0 : 1);
  }
  struct pollfd both[] = {{.fd = left, .events = POLLIN}, {.fd = wake[0], .events = POLLIN}};
  check("poll", poll(both, 2, -1));
  if ((both[1].revents & POLLIN) != 0 && (both[0].revents & POLLIN) == 0)
    printf("a waiter that is ended: AbortError\n");
  check("send", send(right, "late", 4, MSG_NOSIGNAL));
  length = check("recv", recv(left, bytes, sizeof bytes, 0));
  printf("it can go on: %.*s\n", length, bytes);
  return 0;
}
