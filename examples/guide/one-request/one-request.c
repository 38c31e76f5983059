// One request without any layer: the calls of the gateway, and those of its client, in one program.
#include <arpa/inet.h>
#include <netinet/in.h>
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

// These texts are short, and their receiver has room for them: one call takes them whole.
static void send_text(int socket, const char* text) {
  check("send", send(socket, text, strlen(text), MSG_NOSIGNAL));
}

static void send_chunk(int socket, const char* text) {
  char chunk[200];
  snprintf(chunk, sizeof chunk, "%zx\r\n%s\r\n", strlen(text), text);
  send_text(socket, chunk);
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = check("socket", socket(AF_INET, SOCK_STREAM, 0));
  check("bind", bind(listener, (struct sockaddr*)&address, size));
  check("getsockname", getsockname(listener, (struct sockaddr*)&address, &size));
  check("listen", listen(listener, 128));

  int client = check("socket", socket(AF_INET, SOCK_STREAM, 0));
  check("connect", connect(client, (struct sockaddr*)&address, size));
  send_text(client, "GET /products/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
  check("shutdown", shutdown(client, SHUT_WR));  // no other request follows

  char bytes[8192], method[16], target[1000];
  int connection = check("accept", accept(listener, NULL, NULL));
  int length = check("recv", recv(connection, bytes, sizeof bytes - 1, 0));
  bytes[length] = '\0';
  if (sscanf(bytes, "%15s %999s", method, target) != 2) return 1;
  send_text(connection, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n");
  send_chunk(connection, "<!doctype html>\n<title>Products</title>\n<h1>Products</h1>\n<ul>\n");
  send_chunk(connection, "<li>Stream socket</li>\n");
  send_chunk(connection, "<li>Datagram socket</li>\n");
  send_chunk(connection, "<li>Socket pair</li>\n");
  send_chunk(connection, "</ul>\n");
  send_chunk(connection, "");  // the end of the body
  printf("\"%s %s\" 200\n", method, target);
  check("shutdown", shutdown(connection, SHUT_WR));
  close(connection);

  size_t held = 0;
  while ((length = check("recv", recv(client, bytes + held, sizeof bytes - 1 - held, 0))) > 0) held += (size_t)length;
  bytes[held] = '\0';
  printf("%.*s\n", (int)strcspn(bytes, "\r"), bytes);
  int chunks = 0;
  for (char* at = strstr(bytes, "\r\n\r\n") + 4; *at != '\0'; chunks++) {
    long content = strtol(at, &at, 16);
    at += 2 + content + 2;
  }
  printf("chunks: %d\n", chunks);
  close(client);
  close(listener);
  return 0;
}
