// Thread-safe lookups in the databases of hosts and services. Each calls `use` with the entry found, which is valid
// during that call only. netdb_linux.cc, netdb_darwin.cc
#ifndef BSD_SOCKETS_DATABASES_H
#define BSD_SOCKETS_DATABASES_H

#include <netdb.h>
#include <sys/socket.h>

// A reference to a function that is called with an entry. The function is not copied: it must outlive the call.
template <typename Entry>
class Use {
 public:
  template <typename Function>
  Use(const Function& function)  // NOLINT: a lambda converts to it
      : function_(&function),
        call_([](const void* call, const Entry& entry) { (*static_cast<const Function*>(call))(entry); }) {}
  void operator()(const Entry& entry) const { call_(function_, entry); }

 private:
  const void* function_;
  void (*call_)(const void*, const Entry&);
};

using UseHost = Use<hostent>;
using UseService = Use<servent>;

// Each returns 0 or a value of h_errno: HOST_NOT_FOUND and others; NETDB_INTERNAL with errno set.
int FindHostByAddress(const void* address, socklen_t length, int family, const UseHost& use);
int FindHostByName(const char* name, const UseHost& use);

// Each returns 0, or -1 with errno set: ENOENT if there is no such entry. A null `protocol` means any. `port` is in
// network byte order.
int FindServiceByName(const char* name, const char* protocol, const UseService& use);
int FindServiceByPort(int port, const char* protocol, const UseService& use);

#endif
