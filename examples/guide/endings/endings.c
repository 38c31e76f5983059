// How a connection ends: in one direction, in both, or by a reset.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener;
static char bytes[100];

static int check(const char* call, ssize_t result) {
  if (result < 0) {
    perror(call);
    exit(1);
  }
  return (int)result;
}

static void connect_both(int* client, int* server) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  check("getsockname", getsockname(listener, (struct sockaddr*)&address, &size));
  *client = check("socket", socket(AF_INET, SOCK_STREAM, 0));
  check("connect", connect(*client, (struct sockaddr*)&address, size));
  *server = check("accept", accept(listener, NULL, NULL));
}

// The name of the error of the call before.
static const char* failure(ssize_t result) {
  if (result >= 0) return "none";
  return errno == ECONNRESET ? "ECONNRESET" : errno == EPIPE ? "EPIPE" : strerror(errno);
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  listener = check("socket", socket(AF_INET, SOCK_STREAM, 0));
  check("bind", bind(listener, (struct sockaddr*)&address, sizeof address));
  check("listen", listen(listener, 1));

  int client, server;
  connect_both(&client, &server);
  check("send", send(client, "question", 8, MSG_NOSIGNAL));
  check("shutdown", shutdown(client, SHUT_WR));
  int length = check("recv", recv(server, bytes, sizeof bytes, 0));
  printf("server receives %.*s and then %d\n", length, bytes, check("recv", recv(server, bytes + length, 1, 0)));
  check("send", send(server, "answer", 6, MSG_NOSIGNAL));
  length = check("recv", recv(client, bytes, sizeof bytes, 0));
  printf("client still receives %.*s\n", length, bytes);
  close(server);
  printf("and then %d\n", check("recv", recv(client, bytes, sizeof bytes, 0)));
  close(client);

  connect_both(&client, &server);
  struct linger linger = {.l_onoff = 1, .l_linger = 0};
  check("setsockopt", setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  close(client);  // with this option a close is a reset
  printf("after a reset recv fails: %s\n", failure(recv(server, bytes, sizeof bytes, 0)));
  printf("and send: %s\n", failure(send(server, "answer", 6, MSG_NOSIGNAL)));
  close(server);

  connect_both(&client, &server);
  close(client);
  printf("a send to an end that has closed: %s\n", failure(send(server, "answer", 6, MSG_NOSIGNAL)));
  printf("and the next one: %s\n", failure(send(server, "answer", 6, MSG_NOSIGNAL)));
  close(server);
  close(listener);
  return 0;
}
