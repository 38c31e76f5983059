// What the kernel tells of a connection to everybody: its state, from /proc/net/tcp.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

// In the order of their numbers, from 1 on: net/tcp_states.h.
static const char* states[] = {"none",      "ESTABLISHED", "SYN_SENT",   "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",
                               "TIME_WAIT", "CLOSE",       "CLOSE_WAIT", "LAST_ACK", "LISTEN"};

static int check(const char* call, ssize_t result) {
  if (result < 0) {
    perror(call);
    exit(1);
  }
  return (int)result;
}

// The state of the socket that has these two ports. All numbers of the file are hexadecimal.
static const char* state_of(unsigned local, unsigned remote) {
  FILE* file = fopen("/proc/net/tcp", "r");
  if (file == NULL) check("fopen", -1);
  char line[256];
  unsigned from, to, state, found = 0;
  while (found == 0 && fgets(line, sizeof line, file) != NULL)
    if (sscanf(line, " %*d: %*x:%x %*x:%x %x", &from, &to, &state) == 3 && from == local && to == remote) found = state;
  fclose(file);
  return states[found];
}

static unsigned port_of(int socket) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  check("getsockname", getsockname(socket, (struct sockaddr*)&address, &size));
  return ntohs(address.sin_port);
}

static unsigned port, other;

static void show(const char* when) {
  printf("%s: the client %s, the server %s\n", when, state_of(other, port), state_of(port, other));
}

int main(void) {
  char bytes[6];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int listener = check("socket", socket(AF_INET, SOCK_STREAM, 0));
  check("bind", bind(listener, (struct sockaddr*)&address, sizeof address));
  check("listen", listen(listener, 1));
  port = port_of(listener);
  printf("the listener: %s\n", state_of(port, 0));

  int client = check("socket", socket(AF_INET, SOCK_STREAM, 0));
  address.sin_port = htons((in_port_t)port);
  check("connect", connect(client, (struct sockaddr*)&address, sizeof address));
  int server = check("accept", accept(listener, NULL, NULL));
  other = port_of(client);
  show("connected");

  check("shutdown", shutdown(client, SHUT_WR));
  check("recv", recv(server, bytes, 1, 0));  // the end
  check("send", send(server, "answer", 6, MSG_NOSIGNAL));
  show("the client has ended its direction");

  close(server);
  check("recv", recv(client, bytes, 6, MSG_WAITALL));
  check("recv", recv(client, bytes, 1, 0));  // the end
  show("the server has closed");

  close(client);
  close(listener);
  return 0;
}
