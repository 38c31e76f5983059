// Lookups in the databases of hosts and services that any number of threads may make at once. Each calls
// `use` with the entry that it found, which is gone afterwards: netdb_linux.cc, netdb_darwin.cc
#ifndef BSD_SOCKETS_DATABASES_H
#define BSD_SOCKETS_DATABASES_H

#include <netdb.h>
#include <sys/socket.h>

// A function to be called with an entry: one that lives until the call is over, of which nothing is copied.
template <typename Entry>
class Use {
 public:
  template <typename Function>
  Use(const Function& function)  // NOLINT: it is meant to be made of a lambda
      : function_(&function),
        call_([](const void* call, const Entry& entry) { (*static_cast<const Function*>(call))(entry); }) {}
  void operator()(const Entry& entry) const { call_(function_, entry); }

 private:
  const void* function_;
  void (*call_)(const void*, const Entry&);
};

using UseHost = Use<hostent>;
using UseService = Use<servent>;

// Each returns 0, or what h_errno would hold: HOST_NOT_FOUND and the like, NETDB_INTERNAL with errno set.
int FindHostByAddress(const void* address, socklen_t length, int family, const UseHost& use);
int FindHostByName(const char* name, const UseHost& use);

// Each returns 0, or -1 with errno set, ENOENT where there is none. A null `protocol` is any; `port` is in network byte
// order.
int FindServiceByName(const char* name, const char* protocol, const UseService& use);
int FindServiceByPort(int port, const char* protocol, const UseService& use);

#endif
