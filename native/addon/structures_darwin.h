// Structures of macOS that some versions of its headers lack, declared as in xnu.
#if defined(__APPLE__)

#ifndef BSD_SOCKETS_STRUCTURES_DARWIN_H
#define BSD_SOCKETS_STRUCTURES_DARWIN_H

#include <sys/socket.h>

#include <cstdint>

// In an anonymous namespace: another file may include a header that declares one of these.
namespace {

// sys/vsock.h
struct sockaddr_vm {
  uint8_t svm_len;
  sa_family_t svm_family;
  uint16_t svm_reserved1;
  uint32_t svm_port;
  uint32_t svm_cid;
};

}  // namespace

#endif

#endif
