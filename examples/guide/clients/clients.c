// An echo server for many clients, in two ways: `clients poll|processes [PORT]`; `clients ways` lists them.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { kMost = 100 };

static int check(const char* call, ssize_t result) {
  if (result < 0) {
    perror(call);
    exit(1);
  }
  return (int)result;
}

// Sends back what is there; false at the end. A client that does not read holds up all others here.
static bool answer(int client) {
  char bytes[1024];
  ssize_t length = recv(client, bytes, sizeof bytes, 0);
  if (length <= 0) return false;
  for (ssize_t sent = 0; sent < length;) {
    ssize_t more = send(client, bytes + sent, (size_t)(length - sent), MSG_NOSIGNAL);
    if (more < 0) return false;
    sent += more;
  }
  return true;
}

// One thread, which waits for all sockets in one call.
static void by_poll(int listener) {
  struct pollfd all[kMost] = {{.fd = listener, .events = POLLIN}};
  nfds_t count = 1;
  for (;;) {
    check("poll", poll(all, count, -1));
    for (nfds_t i = count - 1; i > 0; i--) {
      if (all[i].revents == 0 || answer(all[i].fd)) continue;
      close(all[i].fd);
      all[i] = all[--count];
    }
    if (all[0].revents == 0) continue;
    int client = check("accept", accept(listener, NULL, NULL));
    if (count < kMost)
      all[count++] = (struct pollfd){.fd = client, .events = POLLIN};
    else
      close(client);
  }
}

// A process for each client.
static void by_processes(int listener) {
  signal(SIGCHLD, SIG_IGN);  // the kernel forgets those that have ended
  for (;;) {
    int client = check("accept", accept(listener, NULL, NULL));
    if (check("fork", fork()) == 0) {
      close(listener);
      while (answer(client)) continue;
      _exit(0);
    }
    close(client);
  }
}

int main(int argc, char** argv) {
  const char* way = argc > 1 ? argv[1] : "";
  if (strcmp(way, "ways") == 0) {
    printf("poll processes\n");
    return 0;
  }
  bool processes = strcmp(way, "processes") == 0;
  if (!processes && strcmp(way, "poll") != 0) return 0;

  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  address.sin_port = htons((unsigned short)(argc > 2 ? atoi(argv[2]) : 0));
  socklen_t size = sizeof address;
  int listener = check("socket", socket(AF_INET, SOCK_STREAM, 0));
  check("bind", bind(listener, (struct sockaddr*)&address, size));
  check("listen", listen(listener, 128));
  check("getsockname", getsockname(listener, (struct sockaddr*)&address, &size));
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  if (processes)
    by_processes(listener);
  else
    by_poll(listener);
}
