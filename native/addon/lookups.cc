// The C library's lookups in other threads: they may ask name servers, and wait for the answers. A failed allocation is
// EAI_MEMORY, as in the C library itself.
#include <netdb.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "addon.h"
#include "calls.h"

namespace {

struct Lookup {
  int (*find)(Lookup*);  // runs in another thread; returns as the functions of addrinfo.cc do

  // The arguments; each lookup uses some of these.
  bool has_node, has_service;
  char node[kTextSize], service[kTextSize];
  AddressHints hints;
  int family, flags;
  uint8_t address[sizeof(sockaddr_storage)];
  size_t address_size;

  int result;
  ResolverStatus status;
  uint8_t* answer;  // from malloc(3)
  size_t answer_size;

  napi_ref callback;
  napi_async_work work;
};

// Allocates room for the answer. Returns false on failure: the lookup has then failed.
bool Reserve(Lookup* lookup, size_t size) {
  void* const answer = realloc(lookup->answer, size == 0 ? 1 : size);
  if (answer == nullptr) {
    lookup->status = {EAI_MEMORY, 0};
    return false;
  }
  lookup->answer = static_cast<uint8_t*>(answer);
  lookup->answer_size = size;
  return true;
}

// The answer: structs AddressInfo, and the canonical name.
int FindAddresses(Lookup* lookup) {
  char canonname[NI_MAXHOST] = "";
  for (int room = 16;;) {
    if (!Reserve(lookup, static_cast<size_t>(room) * sizeof(AddressInfo) + sizeof canonname)) return -1;
    const int count = Getaddrinfo(&lookup->status, {lookup->has_node ? lookup->node : nullptr},
                                  {lookup->has_service ? lookup->service : nullptr}, &lookup->hints,
                                  {reinterpret_cast<AddressInfo*>(lookup->answer), room},
                                  {reinterpret_cast<uint8_t*>(canonname), sizeof canonname});
    if (count > room) {
      room = count;
      continue;
    }
    const size_t size = count < 0 ? 0 : static_cast<size_t>(count) * sizeof(AddressInfo);
    memcpy(lookup->answer + size, canonname, strlen(canonname));
    lookup->answer_size = size + strlen(canonname);
    return count;
  }
}

// The answer: two strings, each with its NUL.
int FindNames(Lookup* lookup) {
  char host[NI_MAXHOST] = "", service[NI_MAXSERV] = "";
  const int result = Getnameinfo(&lookup->status, {lookup->address, lookup->address_size}, lookup->flags,
                                 {reinterpret_cast<uint8_t*>(host), sizeof host},
                                 {reinterpret_cast<uint8_t*>(service), sizeof service});
  const size_t host_size = strlen(host) + 1, service_size = strlen(service) + 1;
  if (!Reserve(lookup, host_size + service_size)) return -1;
  memcpy(lookup->answer, host, host_size);
  memcpy(lookup->answer + host_size, service, service_size);
  return result;
}

// Calls `find` with a buffer to fill, and with a larger one until the answer fits.
template <typename Find>
int WithRoom(Lookup* lookup, Find find) {
  for (size_t room = 1024;;) {
    if (!Reserve(lookup, room)) return -1;
    const int size = find(Bytes{lookup->answer, room});
    lookup->answer_size = size < 0 ? 0 : static_cast<size_t>(size);
    if (lookup->answer_size <= room) return size;
    room = lookup->answer_size;
  }
}

int FindHostOfAddress(Lookup* lookup) {
  return WithRoom(lookup, [lookup](Bytes texts) {
    return Gethostbyaddr(&lookup->status, lookup->family, {lookup->address, lookup->address_size}, texts);
  });
}

int FindHostOfName(Lookup* lookup) {
  return WithRoom(lookup, [lookup](Bytes texts) { return Gethostbyname(&lookup->status, lookup->node, texts); });
}

void Execute(napi_env, void* data) {
  Lookup* const lookup = static_cast<Lookup*>(data);
  lookup->result = lookup->find(lookup);
}

void Delete(napi_env env, Lookup* lookup) {
  if (lookup->work != nullptr) napi_delete_async_work(env, lookup->work);
  if (lookup->callback != nullptr) napi_delete_reference(env, lookup->callback);
  free(lookup->answer);
  free(lookup);
}

// callback(result or -1, code, errno, answer). In an environment that is ending, which runs no JavaScript any more,
// each of these calls may fail: nobody waits for the answer then.
void Complete(napi_env env, napi_status status, void* data) {
  Lookup* const lookup = static_cast<Lookup*>(data);
  napi_value callback = nullptr, receiver = nullptr, ignored = nullptr, values[4];
  void* bytes = nullptr;
  const size_t size = lookup->result < 0 ? 0 : lookup->answer_size;
  if (status == napi_ok && napi_get_reference_value(env, lookup->callback, &callback) == napi_ok &&
      napi_get_undefined(env, &receiver) == napi_ok && napi_create_int32(env, lookup->result, &values[0]) == napi_ok &&
      napi_create_int32(env, lookup->status.code, &values[1]) == napi_ok &&
      napi_create_int32(env, lookup->status.error, &values[2]) == napi_ok &&
      napi_create_arraybuffer(env, size, &bytes, &values[3]) == napi_ok) {
    if (size > 0) memcpy(bytes, lookup->answer, size);
    napi_call_function(env, receiver, callback, 4, values, &ignored);
  }
  Delete(env, lookup);
}

constexpr size_t kMaxValues = 4;

// The last argument of each function is its callback; `read` reads the arguments before it. If the lookup does not
// begin, an exception is pending.
template <typename Read>
napi_value Start(napi_env env, napi_callback_info info, size_t count, int (*find)(Lookup*), Read read) {
  napi_value values[kMaxValues], name = nullptr;
  size_t given = kMaxValues;
  napi_get_cb_info(env, info, &given, values, nullptr, nullptr);
  Lookup* const lookup = static_cast<Lookup*>(calloc(1, sizeof(Lookup)));
  if (lookup == nullptr) return ThrowNoMemory(env);
  lookup->find = find;
  if (!read(lookup)) {
    Delete(env, lookup);
    return nullptr;
  }
  if (napi_create_string_utf8(env, "bsd-sockets", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_reference(env, values[count], 1, &lookup->callback) != napi_ok ||
      napi_create_async_work(env, nullptr, name, Execute, Complete, lookup, &lookup->work) != napi_ok ||
      napi_queue_async_work(env, lookup->work) != napi_ok) {
    Delete(env, lookup);
    return ThrowNoMemory(env);
  }
  return nullptr;
}

bool Copy(OptionalText given, char* text) {
  if (given.text == nullptr) return false;
  snprintf(text, kTextSize, "%s", given.text);
  return true;
}

void Copy(Bytes given, Lookup* lookup) {
  lookup->address_size = std::min(given.size, sizeof lookup->address);
  memcpy(lookup->address, given.data, lookup->address_size);
}

// getaddrinfo(node, service, hints, callback)
napi_value ResolveAddresses(napi_env env, napi_callback_info info) {
  static constexpr const char* kNames[] = {"node", "service", "hints"};
  return Start(env, info, 3, FindAddresses, [=](Lookup* lookup) {
    Arguments arguments(env, info, kNames, 3);
    lookup->has_node = Copy(arguments.Take<OptionalText>(), lookup->node);
    lookup->has_service = Copy(arguments.Take<OptionalText>(), lookup->service);
    const Structure<AddressHints> hints = arguments.Take<Structure<AddressHints>>();
    if (!arguments.failed()) memcpy(&lookup->hints, hints.data, sizeof lookup->hints);
    return !arguments.failed();
  });
}

// getnameinfo(address, flags, callback)
napi_value ResolveNames(napi_env env, napi_callback_info info) {
  static constexpr const char* kNames[] = {"address", "flags"};
  return Start(env, info, 2, FindNames, [=](Lookup* lookup) {
    Arguments arguments(env, info, kNames, 2);
    const Bytes address = arguments.Take<Bytes>();
    lookup->flags = arguments.Take<int>();
    if (!arguments.failed()) Copy(address, lookup);
    return !arguments.failed();
  });
}

// gethostbyaddr(family, address, callback)
napi_value ResolveHostByAddress(napi_env env, napi_callback_info info) {
  static constexpr const char* kNames[] = {"family", "address"};
  return Start(env, info, 2, FindHostOfAddress, [=](Lookup* lookup) {
    Arguments arguments(env, info, kNames, 2);
    lookup->family = arguments.Take<int>();
    const Bytes address = arguments.Take<Bytes>();
    if (!arguments.failed()) Copy(address, lookup);
    return !arguments.failed();
  });
}

// gethostbyname(name, callback)
napi_value ResolveHostByName(napi_env env, napi_callback_info info) {
  static constexpr const char* kNames[] = {"name"};
  return Start(env, info, 1, FindHostOfName, [=](Lookup* lookup) {
    Arguments arguments(env, info, kNames, 1);
    Copy({arguments.Take<const char*>()}, lookup->node);
    return !arguments.failed();
  });
}

}  // namespace

void ExportResolution(napi_env env, napi_value exports) {
  ExportFunctions(env, exports, "resolve",
                  {{"getaddrinfo", ResolveAddresses},
                   {"gethostbyaddr", ResolveHostByAddress},
                   {"gethostbyname", ResolveHostByName},
                   {"getnameinfo", ResolveNames}});
}
