#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "calls.h"

int Report(ResolverStatus* status, int code) {
  const ResolverStatus report = {code, code == EAI_SYSTEM ? errno : 0};
  if (status != nullptr) memcpy(status, &report, sizeof report);
  errno = EINVAL;  // the status has the EAI_ code
  return code == 0 ? 0 : -1;
}

int Getaddrinfo(ResolverStatus* status, OptionalText node, OptionalText service, AddressHints* wanted,
                Array<AddressInfo> results, OptionalBytes canonname) {
  AddressHints given = {};
  if (wanted != nullptr) memcpy(&given, wanted, sizeof given);
  addrinfo hints = {};
  hints.ai_flags = given.flags;
  hints.ai_family = given.family;
  hints.ai_socktype = given.type;
  hints.ai_protocol = given.protocol;
  addrinfo* list = nullptr;
  const int code = getaddrinfo(node.text, service.text, &hints, &list);
  if (code != 0) return Report(status, code);
  if (list != nullptr && list->ai_canonname != nullptr && canonname.size > 0) {
    strncpy(reinterpret_cast<char*>(canonname.data), list->ai_canonname, canonname.size);
    canonname.data[canonname.size - 1] = 0;
  }
  int count = 0;
  for (const addrinfo* info = list; info != nullptr; info = info->ai_next, count++) {
    AddressInfo result = {info->ai_family, info->ai_socktype, info->ai_protocol, 0, {}};
    if (count >= results.count || info->ai_addrlen > sizeof result.address) continue;
    result.length = info->ai_addrlen;
    memcpy(result.address, info->ai_addr, info->ai_addrlen);
    results.Set(count, result);
  }
  freeaddrinfo(list);
  return count;
}

int Getnameinfo(ResolverStatus* status, Bytes address, int flags, Bytes host, Bytes service) {
  sockaddr_storage copy = {};  // a view's bytes need not be aligned as a sockaddr is
  const size_t size = address.size < sizeof copy ? address.size : sizeof copy;
  memcpy(&copy, address.data, size);
  return Report(status,
                getnameinfo(reinterpret_cast<sockaddr*>(&copy), static_cast<socklen_t>(size),
                            reinterpret_cast<char*>(host.data), static_cast<socklen_t>(host.size),
                            reinterpret_cast<char*>(service.data), static_cast<socklen_t>(service.size), flags));
}
