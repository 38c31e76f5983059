// Messages instead of a stream: each send is one datagram, and each receive returns one.
#include <arpa/inet.h>
#include <errno.h>
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

int main(void) {
  char bytes[100];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}, sender;
  socklen_t size = sizeof address;
  int server = check("socket", socket(AF_INET, SOCK_DGRAM, 0));
  check("bind", bind(server, (struct sockaddr*)&address, size));
  check("getsockname", getsockname(server, (struct sockaddr*)&address, &size));
  int client = check("socket", socket(AF_INET, SOCK_DGRAM, 0));

  const char* messages[] = {"one", "", "three words here"};
  for (int i = 0; i < 3; i++)
    check("sendto", sendto(client, messages[i], strlen(messages[i]), 0, (struct sockaddr*)&address, size));
  int length = check("recvfrom", recvfrom(server, bytes, sizeof bytes, 0, (struct sockaddr*)&sender, &size));
  printf("received %.*s\n", length, bytes);
  printf("then a datagram of %d\n", check("recv", recv(server, bytes, sizeof bytes, 0)));
  length = check("recv", recv(server, bytes, 5, 0));
  printf("then 5 bytes of a longer one: %.*s\n", length, bytes);

  check("sendto", sendto(server, "answer", 6, 0, (struct sockaddr*)&sender, size));
  length = check("recv", recv(client, bytes, sizeof bytes, 0));
  printf("client receives %.*s\n", length, bytes);

  check("connect", connect(client, (struct sockaddr*)&address, size));  // sends nothing: from now on it has one peer
  check("send", send(client, "by send", 7, 0));
  length = check("recv", recv(server, bytes, sizeof bytes, 0));
  printf("received %.*s\n", length, bytes);

  close(server);
  check("send", send(client, "to nobody", 9, 0));
  if (recv(client, bytes, sizeof bytes, 0) < 0 && errno == ECONNREFUSED) printf("nobody is there: ECONNREFUSED\n");
  close(client);
  return 0;
}
