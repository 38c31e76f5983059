// Names, addresses, and the bytes that the kernel gets.
#include <arpa/inet.h>
#include <netdb.h>
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
  const char* hosts[] = {"127.0.0.1", "::1", "no such number"};
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
  for (int i = 0; i < 3; i++) {
    struct addrinfo* found;
    int code = getaddrinfo(hosts[i], "80", &hints, &found);
    if (code != 0) {
      printf("%s is %s\n", hosts[i], code == EAI_NONAME ? "EAI_NONAME" : gai_strerror(code));
      continue;
    }
    printf("%s is %s\n", hosts[i], found->ai_family == AF_INET ? "IPv4" : "IPv6");
    freeaddrinfo(found);
  }

  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(80)};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  const unsigned char* bytes = (const unsigned char*)&address;
  printf("the port %d %d\n", bytes[2], bytes[3]);
  printf("the address %d %d %d %d\n", bytes[4], bytes[5], bytes[6], bytes[7]);

  int fd = check("socket", socket(AF_INET, SOCK_STREAM, 0));
  address.sin_port = 0;
  socklen_t size = sizeof address;
  check("bind", bind(fd, (struct sockaddr*)&address, size));
  check("getsockname", getsockname(fd, (struct sockaddr*)&address, &size));
  char text[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  printf("port 0 becomes %s of %s\n", ntohs(address.sin_port) > 0 ? "a free port" : "0", text);
  close(fd);
  return 0;
}
