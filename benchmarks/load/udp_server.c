// The reference for datagrams: answers them in batches, by recvmmsg(2) and sendmmsg(2), or one by one.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/uio.h>

#include "load.h"

enum { SIZE = 65536 };

static int open_server(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  const int room = 4 * 1024 * 1024;
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) load_fail("socket");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (bind(fd, (const struct sockaddr*)&address, length) < 0) load_fail("bind");
  if (getsockname(fd, (struct sockaddr*)&address, &length) < 0) load_fail("getsockname");
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

void load_answer_each(void) {
  static char bytes[SIZE];
  const int fd = open_server();
  for (;;) {
    struct sockaddr_in sender;
    socklen_t length = sizeof sender;
    const ssize_t count = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr*)&sender, &length);
    if (count < 0) load_fail("recvfrom");
    if (sendto(fd, bytes, (size_t)count, 0, (const struct sockaddr*)&sender, length) < 0) load_fail("sendto");
  }
}

void load_answer(void) {
  enum { BATCH = 64 };
  static char bytes[BATCH][SIZE];
  static struct sockaddr_in senders[BATCH];
  static struct iovec places[BATCH];
  static struct mmsghdr batch[BATCH];
  const int fd = open_server();
  for (;;) {
    for (int i = 0; i < BATCH; i++) {
      places[i] = (struct iovec){.iov_base = bytes[i], .iov_len = SIZE};
      batch[i].msg_hdr = (struct msghdr){
          .msg_name = &senders[i], .msg_namelen = sizeof senders[i], .msg_iov = &places[i], .msg_iovlen = 1};
    }
    const int count = recvmmsg(fd, batch, BATCH, MSG_WAITFORONE, NULL);
    if (count < 0) load_fail("recvmmsg");
    for (int i = 0; i < count; i++) places[i].iov_len = batch[i].msg_len;
    for (int sent = 0; sent < count;) {
      const int some = sendmmsg(fd, batch + sent, (unsigned)(count - sent), 0);
      if (some < 0) load_fail("sendmmsg");
      sent += some;
    }
  }
}
