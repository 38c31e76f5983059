// Functions for the macros of C.
#include <arpa/inet.h>

#include <cstring>

#include "calls.h"

// The macros work on a copy: a view's bytes need not be aligned as an fd_set is.
template <typename Change>
static int WithSet(Structure<fd_set> view, Change change) {
  fd_set set;
  memcpy(&set, view.data, sizeof set);
  const int result = change(&set);
  memcpy(view.data, &set, sizeof set);
  return result;
}

int FdClr(Descriptor fd, Structure<fd_set> view) {
  return WithSet(view, [fd](fd_set* set) { return FD_CLR(fd.value, set), 0; });
}

int FdIsset(Descriptor fd, Structure<fd_set> view) {
  return WithSet(view, [fd](fd_set* set) { return FD_ISSET(fd.value, set) ? 1 : 0; });
}

int FdSet(Descriptor fd, Structure<fd_set> view) {
  return WithSet(view, [fd](fd_set* set) { return FD_SET(fd.value, set), 0; });
}

int FdZero(Structure<fd_set> view) {
  memset(view.data, 0, sizeof(fd_set));
  return 0;
}

uint32_t Htonl(uint32_t host) {
  return htonl(host);
}
uint16_t Htons(uint16_t host) {
  return htons(host);
}
uint32_t Ntohl(uint32_t network) {
  return ntohl(network);
}
uint16_t Ntohs(uint16_t network) {
  return ntohs(network);
}

size_t CmsgLen(uint32_t length) {
  return CMSG_LEN(static_cast<size_t>(length));
}
size_t CmsgSpace(uint32_t length) {
  return CMSG_SPACE(static_cast<size_t>(length));
}
