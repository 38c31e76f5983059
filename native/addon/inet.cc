#include <arpa/inet.h>
#include <net/if.h>

#include <cerrno>
#include <cstring>

#include "calls.h"

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

// Returns false and sets errno if the family has no text form, or the view is too small for its addresses.
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
