#include <arpa/inet.h>
#include <net/if.h>

#include <cerrno>
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

int InetAton(const char* text, Bytes address) {
  in_addr parsed;
  if (inet_aton(text, &parsed) == 0) return 0;
  if (address.size < sizeof parsed) {
    errno = ENOSPC;
    return -1;
  }
  memcpy(address.data, &parsed, sizeof parsed);
  return 1;
}

// False with errno set where the family has no text form or the view cannot hold an address of it.
static bool Holds(Bytes bytes, int family) {
  if (family != AF_INET && family != AF_INET6) {
    errno = EAFNOSUPPORT;
  } else if (bytes.size < (family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr))) {
    errno = ENOSPC;
  } else {
    return true;
  }
  return false;
}

int InetPton(int family, const char* text, Bytes address) {
  return Holds(address, family) ? inet_pton(family, text, address.data) : -1;
}

Text InetNtop(int family, Bytes address) {
  char text[INET6_ADDRSTRLEN];
  if (!Holds(address, family) || inet_ntop(family, address.data, text, sizeof text) == nullptr) return Text(errno);
  return Text(text);
}

Text IfIndextoname(uint32_t index) {
  char name[IF_NAMESIZE];
  if (if_indextoname(index, name) == nullptr) return Text(errno);
  return Text(name);
}

int IfNameindex(Array<Interface> interfaces) {
  struct if_nameindex* const list = if_nameindex();
  if (list == nullptr) return -1;
  int count = 0;
  for (; list[count].if_index != 0; count++) {
    if (count >= interfaces.count) continue;
    Interface entry = {list[count].if_index, ""};
    strncpy(entry.name, list[count].if_name, sizeof entry.name - 1);
    interfaces.Set(count, entry);
  }
  if_freenameindex(list);
  return count;
}

int IfNametoindex(const char* name) {
  const unsigned index = if_nametoindex(name);
  return index == 0 ? -1 : static_cast<int>(index);
}
