// One connection, seen from both ends: `connection server [PORT]`, and `connection client PORT`.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
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

// Sends all of the bytes; false if the other end has gone.
static bool send_all(int socket, const char* bytes, size_t length) {
  while (length > 0) {
    ssize_t sent = send(socket, bytes, length, MSG_NOSIGNAL);
    if (sent < 0) return false;
    bytes += sent;
    length -= (size_t)sent;
  }
  return true;
}

static void serve(struct sockaddr_in address) {
  int listener = check("socket", socket(AF_INET, SOCK_STREAM, 0));
  int on = 1;
  check("setsockopt", setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  check("bind", bind(listener, (struct sockaddr*)&address, sizeof address));
  check("listen", listen(listener, SOMAXCONN));
  socklen_t size = sizeof address;
  check("getsockname", getsockname(listener, (struct sockaddr*)&address, &size));
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    struct sockaddr_in client;
    size = sizeof client;
    int connection = check("accept", accept(listener, (struct sockaddr*)&client, &size));
    printf("accepted %s:%d\n", inet_ntoa(client.sin_addr), ntohs(client.sin_port));
    fflush(stdout);
    char data[1024];
    // 0 is the end. -1 is an error: this client has gone, so on to the next.
    for (ssize_t length; (length = recv(connection, data, sizeof data, 0)) > 0;)
      if (!send_all(connection, data, (size_t)length)) break;
    check("close", close(connection));
  }
}

static void ask(struct sockaddr_in address) {
  int connection = check("socket", socket(AF_INET, SOCK_STREAM, 0));
  check("connect", connect(connection, (struct sockaddr*)&address, sizeof address));
  if (!send_all(connection, "hello", 5)) check("send", -1);
  char data[1024];
  int length = check("recv", recv(connection, data, sizeof data, 0));
  printf("%.*s\n", length, data);
  check("close", close(connection));
}

int main(int argc, char** argv) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (argc > 2) address.sin_port = htons((in_port_t)atoi(argv[2]));
  if (argc > 1 && strcmp(argv[1], "server") == 0)
    serve(address);
  else
    ask(address);
  return 0;
}
