#include "databases.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>

#include "calls.h"

// Both have the same four errors.
static int AddressInfoError(int host_error) {
  switch (host_error) {
    case HOST_NOT_FOUND:
      return EAI_NONAME;
    case TRY_AGAIN:
      return EAI_AGAIN;
    case NO_DATA:
      return EAI_NODATA;
    case -1:  // NETDB_INTERNAL, which musl lacks
      return EAI_SYSTEM;
    default:
      return EAI_FAIL;
  }
}

static std::string TextsOf(const hostent& host) {
  std::string texts;
  const auto add = [&](const char* text) { texts.append(text).push_back('\0'); };
  add(host.h_name);
  for (char** alias = host.h_aliases; *alias != nullptr; alias++) add(*alias);
  add("");
  for (char** address = host.h_addr_list; *address != nullptr; address++) {
    char text[INET6_ADDRSTRLEN];
    if (inet_ntop(host.h_addrtype, *address, text, sizeof text) != nullptr) add(text);
  }
  return texts;
}

// `find` is given what to do with the host that it finds.
template <typename Find>
static int GetHost(ResolverStatus* status, Bytes texts, Find find) {
  std::string found;
  const int host_error = find([&](const hostent& host) { found = TextsOf(host); });
  if (host_error != 0) return Report(status, AddressInfoError(host_error));
  memcpy(texts.data, found.data(), std::min(texts.size, found.size()));
  return Clamp<int>(found.size());
}

int Gethostbyaddr(ResolverStatus* status, int family, Bytes address, Bytes texts) {
  return GetHost(status, texts, [&](const UseHost& use) {
    return FindHostByAddress(address.data, Clamp<socklen_t>(address.size), family, use);
  });
}

int Gethostbyname(ResolverStatus* status, const char* name, Bytes texts) {
  return GetHost(status, texts, [&](const UseHost& use) { return FindHostByName(name, use); });
}

// What getprotobyname(3) returns lies in memory of the C library's, until the next call; musl has no getprotobyname_r.
static std::mutex protocols;

int Getprotobyname(const char* name) {
  const std::lock_guard<std::mutex> guard(protocols);
  const protoent* const protocol = getprotobyname(name);
  if (protocol != nullptr) return protocol->p_proto;
  errno = ENOENT;
  return -1;
}

int Getservbyname(const char* name, OptionalText protocol) {
  int port = -1;
  const int result = FindServiceByName(
      name, protocol.text, [&](const servent& service) { port = ntohs(static_cast<uint16_t>(service.s_port)); });
  return result == 0 ? port : result;
}

Text Getservbyport(Ranged<0, 65535> port, OptionalText protocol) {
  Text name = {"", 0};
  const int network = htons(static_cast<uint16_t>(port.value));
  const int result =
      FindServiceByPort(network, protocol.text, [&](const servent& service) { name.text = service.s_name; });
  if (result != 0) name.error = errno;
  return name;
}

int Sethostname(const char* name) {
  return sethostname(name, static_cast<int>(strlen(name)));
}
