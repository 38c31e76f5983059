// Bytes are not messages: a server that answers each line with the same line in capitals.
#include <arpa/inet.h>
#include <ctype.h>
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

// Answers each complete line; the bytes after the last one wait for more.
static void converse(int connection) {
  char bytes[1000];  // the longest line: a peer may send one without an end
  size_t held = 0;
  while (held < sizeof bytes) {
    ssize_t length = recv(connection, bytes + held, sizeof bytes - held, 0);
    if (length <= 0) return;  // the end, or the client has gone
    held += (size_t)length;
    for (char* end; (end = memchr(bytes, '\n', held)) != NULL;) {
      size_t line = (size_t)(end - bytes) + 1;
      for (size_t i = 0; i < line; i++) bytes[i] = (char)toupper((unsigned char)bytes[i]);
      if (!send_all(connection, bytes, line)) return;
      held -= line;
      memmove(bytes, bytes + line, held);
    }
  }
}

int main(int argc, char** argv) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (argc > 1) address.sin_port = htons((in_port_t)atoi(argv[1]));
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
    int connection = check("accept", accept(listener, NULL, NULL));
    converse(connection);
    check("close", close(connection));
  }
}
