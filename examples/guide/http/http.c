// An HTTP server from nothing: `http nothing [PORT]`; `http ways` lists this one way.
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

// The head of a request: everything up to the empty line. False if the client ends before that, or sends too much.
static bool read_head(int client, char* head, size_t room) {
  size_t held = 0;
  head[0] = '\0';
  while (strstr(head, "\r\n\r\n") == NULL) {
    if (held == room - 1) return false;
    ssize_t length = recv(client, head + held, room - 1 - held, 0);
    if (length <= 0) return false;
    held += (size_t)length;
    head[held] = '\0';
  }
  return true;
}

// A status line, header lines, an empty line, and as many bytes as Content-Length says.
static void respond(int client, const char* status, const char* body) {
  char bytes[10000];
  int length = snprintf(bytes, sizeof bytes,
                        "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                        status, strlen(body), body);
  for (int sent = 0; sent < length;) {
    ssize_t more = send(client, bytes + sent, (size_t)(length - sent), MSG_NOSIGNAL);
    if (more < 0) return;  // the client has gone
    sent += (int)more;
  }
}

static void answer(int client, const char* head) {
  char method[16], target[8192], minor[2], body[8300];
  if (sscanf(head, "%15[A-Z] %8191[^ \r\n] HTTP/1.%1[01]\r\n", method, target, minor) != 3)
    return respond(client, "400 Bad Request", "this is not a request\n");
  snprintf(body, sizeof body, "%s %s\n", method, target);
  respond(client, "200 OK", body);
}

// One request for each connection, and one connection after the other.
static void from_nothing(int listener) {
  for (;;) {
    int client = check("accept", accept(listener, NULL, NULL));
    char head[8192];  // a peer may send one without an end
    if (read_head(client, head, sizeof head)) answer(client, head);
    close(client);
  }
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "ways") == 0) return puts("nothing") < 0;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (argc > 2) address.sin_port = htons((in_port_t)atoi(argv[2]));
  int listener = check("socket", socket(AF_INET, SOCK_STREAM, 0));
  int on = 1;
  check("setsockopt", setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  check("bind", bind(listener, (struct sockaddr*)&address, sizeof address));
  check("listen", listen(listener, SOMAXCONN));
  socklen_t size = sizeof address;
  check("getsockname", getsockname(listener, (struct sockaddr*)&address, &size));
  printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  from_nothing(listener);
}
