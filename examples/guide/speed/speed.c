// How many system calls it takes to send the same bytes in several ways, and to ask the same questions.
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { total = 1 << 20, questions = 100, largest = 65536 };

static int left, right;
static int sends, receives;
static char bytes[largest], received[largest];

static int check(const char* call, ssize_t result) {
  if (result < 0) {
    perror(call);
    exit(1);
  }
  return (int)result;
}

static size_t send_some(int socket, size_t length) {
  sends++;
  return (size_t)check("send", send(socket, bytes, length, MSG_NOSIGNAL));
}

static void send_all(int socket, size_t length) {
  while (length > 0) length -= send_some(socket, length);
}

static void receive_all(int socket, size_t length) {
  while (length > 0) {
    receives++;
    length -= (size_t)check("recv", recv(socket, received, length, 0));
  }
}

static void report(const char* what) {
  printf("%s: %d sends, %d receives\n", what, sends, receives);
  sends = receives = 0;
}

// Sends `count` questions of four bytes, answers them at the other end, and waits for the answers.
static void ask(size_t count) {
  send_all(left, 4 * count);
  receive_all(right, 4 * count);
  send_all(right, 4 * count);
  receive_all(left, 4 * count);
}

int main(void) {
  int ends[2], room = 2 * largest;
  check("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
  left = ends[0], right = ends[1];
  // So that no send waits for room.
  for (int i = 0; i < 2; i++) check("setsockopt", setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room));

  printf("bytes to send: %d\n", total);
  const size_t sizes[] = {64, 1024, 65536};
  for (int i = 0; i < 3; i++) {
    for (size_t done = 0; done < total;) {
      size_t sent = send_some(left, sizes[i]);
      receive_all(right, sent);
      done += sent;
    }
    char what[100];
    snprintf(what, sizeof what, "in pieces of %zu", sizes[i]);
    report(what);
  }

  struct iovec pieces[64];
  for (int i = 0; i < 64; i++) pieces[i] = (struct iovec){.iov_base = bytes, .iov_len = 1024};
  struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 64};
  for (size_t done = 0; done < total;) {
    sends++;
    size_t sent = (size_t)check("sendmsg", sendmsg(left, &message, MSG_NOSIGNAL));
    receive_all(right, sent);
    done += sent;
  }
  report("in pieces of 1024, 64 by each call");

  for (int i = 0; i < questions; i++) ask(1);
  report("100 questions, each after the answer to the last");
  ask(questions);
  report("100 questions at once");
  return 0;
}
