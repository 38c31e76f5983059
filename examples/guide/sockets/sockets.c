// What a socket is: a number, a queue of bytes for each direction, and the calls of a file.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int check(const char* call, ssize_t result) {
  if (result < 0) {
    perror(call);
    exit(1);
  }
  return (int)result;
}

int main(void) {
  int ends[2];
  check("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
  int left = ends[0], right = ends[1];
  printf("two numbers: %s\n", left < right ? "true" : "false");
#ifdef __linux__
  struct stat status;
  check("fstat", fstat(left, &status));
  printf("each names a %s\n", S_ISSOCK(status.st_mode) ? "socket" : "file");
#endif

  char bytes[100];
  check("send", send(left, "hello", 5, MSG_NOSIGNAL));
  int length = check("recv", recv(right, bytes, sizeof bytes, 0));
  printf("right receives %.*s\n", length, bytes);
  check("send", send(right, "hello yourself", strlen("hello yourself"), MSG_NOSIGNAL));
  length = check("recv", recv(left, bytes, 5, 0));
  printf("left receives %.*s", length, bytes);
  length = check("recv", recv(left, bytes, sizeof bytes, 0));
  printf(" and then %.*s\n", length, bytes);

  check("close", close(left));
  printf("after the last byte: %d\n", check("recv", recv(right, bytes, sizeof bytes, 0)));
  check("close", close(right));
  return 0;
}
