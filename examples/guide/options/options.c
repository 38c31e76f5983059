// Options that matter to a server: its port, silent peers, small writes, the buffers.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

static void set_option(int socket, int level, int name, int value) {
  check("setsockopt", setsockopt(socket, level, name, &value, sizeof value));
}

static int get_option(int socket, int level, int name) {
  int value;
  socklen_t size = sizeof value;
  check("getsockopt", getsockopt(socket, level, name, &value, &size));
  return value;
}

static const char* yes_or_no(int value) {
  return value ? "true" : "false";
}

// Listens; which option allows it to take a port that others have? -1 if it may not.
static int listen_on(struct sockaddr_in address, int option) {
  int listener = check("socket", socket(AF_INET, SOCK_STREAM, 0));
  if (option != 0) set_option(listener, SOL_SOCKET, option, 1);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) < 0 || listen(listener, 1) < 0) {
    int error = errno;
    close(listener);
    errno = error;
    return -1;
  }
  return listener;
}

// What comes of listening there.
static const char* outcome(struct sockaddr_in address, int option) {
  int listener = listen_on(address, option);
  if (listener < 0) return errno == EADDRINUSE ? "EADDRINUSE" : strerror(errno);
  close(listener);
  return "listening";
}

static struct sockaddr_in address_of(int socket) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  check("getsockname", getsockname(socket, (struct sockaddr*)&address, &size));
  return address;
}

int main(void) {
  struct sockaddr_in any_port = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int listener = check("listen", listen_on(any_port, SO_REUSEADDR));
  set_option(listener, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(listener, IPPROTO_TCP, TCP_KEEPIDLE, 30);   // seconds without traffic before the first probe
  set_option(listener, IPPROTO_TCP, TCP_KEEPINTVL, 10);  // seconds between probes
  set_option(listener, IPPROTO_TCP, TCP_KEEPCNT, 3);     // so many probes without an answer end the connection
  set_option(listener, SOL_SOCKET, SO_RCVBUF, 20000);    // bytes

  struct sockaddr_in address = address_of(listener);
  int client = check("socket", socket(AF_INET, SOCK_STREAM, 0));
  check("connect", connect(client, (struct sockaddr*)&address, sizeof address));
  int server = check("accept", accept(listener, NULL, NULL));
  printf("accepted with keep-alive: %s\n", yes_or_no(get_option(server, SOL_SOCKET, SO_KEEPALIVE)));
  printf("idle for %d seconds until the first probe\n", get_option(server, IPPROTO_TCP, TCP_KEEPIDLE));
  int size = get_option(server, SOL_SOCKET, SO_RCVBUF);
  printf("at least the buffer that was asked for: %s\n", yes_or_no(size >= 20000));
  set_option(server, IPPROTO_TCP, TCP_NODELAY, 1);
  printf("small writes at once, here: %s\n", yes_or_no(get_option(server, IPPROTO_TCP, TCP_NODELAY)));
  printf("and at the other end: %s\n", yes_or_no(get_option(client, IPPROTO_TCP, TCP_NODELAY)));

  close(server);  // it closes first: its address stays in TIME_WAIT
  char byte;
  check("recv", recv(client, &byte, 1, 0));
  close(client);
  close(listener);
  printf("again, without SO_REUSEADDR: %s\n", outcome(address, 0));
  printf("and with it: %s\n", outcome(address, SO_REUSEADDR));

  int first = check("listen", listen_on(any_port, SO_REUSEPORT));
  printf("a second listener with SO_REUSEADDR: %s\n", outcome(address_of(first), SO_REUSEADDR));
  printf("and with SO_REUSEPORT: %s\n", outcome(address_of(first), SO_REUSEPORT));
  close(first);
  return 0;
}
