// Between processes of one machine: paths, who is at the other end, and descriptors in a message.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int check(const char* call, ssize_t result) {
  if (result < 0) {
    perror(call);
    exit(1);
  }
  return (int)result;
}

// Sends a text with a descriptor.
static void send_fd(int socket, const char* text, int fd) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  memset(&control, 0, sizeof control);
  struct iovec data = {.iov_base = (void*)text, .iov_len = strlen(text)};
  struct msghdr message = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  check("sendmsg", sendmsg(socket, &message, MSG_NOSIGNAL));
}

// Receives a text with at most one descriptor; -1: there was none.
static int receive_fd(int socket, char* text, size_t size, int* length) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  struct iovec data = {.iov_base = text, .iov_len = size};
  struct msghdr message = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
  *length = check("recvmsg", recvmsg(socket, &message, 0));
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  int fd = -1;
  if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

int main(void) {
  char folder[] = "/tmp/guide-XXXXXX", path[64], name[64], bytes[100];
  if (mkdtemp(folder) == NULL) return 1;
  snprintf(path, sizeof path, "%s/socket", folder);
  snprintf(name, sizeof name, "%s/file", folder);

  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  int listener = check("socket", socket(AF_UNIX, SOCK_STREAM, 0));
  check("bind", bind(listener, (struct sockaddr*)&address, sizeof address));
  check("listen", listen(listener, 1));
  int client = check("socket", socket(AF_UNIX, SOCK_STREAM, 0));
  check("connect", connect(client, (struct sockaddr*)&address, sizeof address));
  int server = check("accept", accept(listener, NULL, NULL));

#ifdef __linux__
  struct ucred peer;
  socklen_t size = sizeof peer;
  check("getsockopt", getsockopt(server, SOL_SOCKET, SO_PEERCRED, &peer, &size));
  printf("the client is this process: %s\n", peer.pid == getpid() ? "true" : "false");
#endif

  int file = check("open", open(name, O_RDWR | O_CREAT, 0600));
  check("write", write(file, "what is in the file", 19));
  check("lseek", lseek(file, 0, SEEK_SET));
  send_fd(client, "a file", file);
  int length;
  int received = receive_fd(server, bytes, sizeof bytes, &length);
  printf("received %.*s and %d descriptor\n", length, bytes, received >= 0);
  length = check("read", read(received, bytes, sizeof bytes));
  printf("it reads %.*s\n", length, bytes);

  const int all[] = {received, file, server, client, listener};
  for (int i = 0; i < 5; i++) check("close", close(all[i]));
  unlink(path);  // close leaves the path of the listener behind
  unlink(name);
  rmdir(folder);
  return 0;
}
