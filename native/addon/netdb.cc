#include "netdb.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "calls.h"
#include "lock.h"

// Both functions have the same four errors.
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

// Writes strings one after the other, each with its NUL, as long as there is room.
class Texts {
 public:
  explicit Texts(Bytes room) : room_(room) {}

  void Add(const char* text) {
    const size_t size = strlen(text) + 1;
    if (length_ < room_.size) memcpy(room_.data + length_, text, std::min(size, room_.size - length_));
    length_ += size;
  }
  // The bytes of all of them.
  size_t length() const { return length_; }

 private:
  Bytes room_;
  size_t length_ = 0;
};

static void AddHost(Texts* texts, const hostent& host) {
  texts->Add(host.h_name);
  for (char** alias = host.h_aliases; *alias != nullptr; alias++) texts->Add(*alias);
  texts->Add("");
  for (char** address = host.h_addr_list; *address != nullptr; address++) {
    char text[INET6_ADDRSTRLEN];
    if (inet_ntop(host.h_addrtype, *address, text, sizeof text) != nullptr) texts->Add(text);
  }
}

// `find` gets a function, and calls it with the host that it finds.
template <typename Find>
static int GetHost(ResolverStatus* status, Bytes room, Find find) {
  Texts texts(room);
  const int host_error = find([&](const hostent& host) { AddHost(&texts, host); });
  if (host_error != 0) return Report(status, AddressInfoError(host_error));
  return Clamp<int>(texts.length());
}

int Gethostbyaddr(ResolverStatus* status, int family, Bytes address, Bytes texts) {
  return GetHost(status, texts, [&](const UseHost& use) {
    return FindHostByAddress(address.data, Clamp<socklen_t>(address.size), family, use);
  });
}

int Gethostbyname(ResolverStatus* status, const char* name, Bytes texts) {
  return GetHost(status, texts, [&](const UseHost& use) { return FindHostByName(name, use); });
}

// The result of getprotobyname(3) is in the C library's memory until the next call; musl has no getprotobyname_r.
static Lock protocols;

int Getprotobyname(const char* name) {
  const std::lock_guard<Lock> guard(protocols);
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
  Text name(0);
  const int network = htons(static_cast<uint16_t>(port.value));
  const int result =
      FindServiceByPort(network, protocol.text, [&](const servent& service) { name = Text(service.s_name); });
  return result == 0 ? name : Text(errno);
}

int Sethostname(const char* name) {
  return sethostname(name, static_cast<int>(strlen(name)));
}
