// Lookups of the C library's off the JavaScript thread: they may ask name servers, and take as long as they do.
#include <netdb.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "addon.h"
#include "calls.h"

namespace {

using Answer = std::vector<uint8_t>;

// Returns as the functions of resolver.cc do, with its answer, however long, in the vector.
using Lookup = std::function<int(ResolverStatus*, Answer*)>;

Bytes BytesOf(Answer* answer) {
  return {answer->data(), answer->size()};
}

class Resolution final : public Napi::AsyncWorker {
 public:
  Resolution(const Napi::Value& callback, Lookup lookup)
      : Napi::AsyncWorker(callback.As<Napi::Function>(), "bsd-sockets"), lookup_(std::move(lookup)) {}

 protected:
  // On another thread.
  void Execute() override { result_ = lookup_(&status_, &answer_); }

  // callback(result or -1, code, errno, answer)
  void OnOK() override {
    const Napi::HandleScope scope(Env());
    Napi::ArrayBuffer answer = Napi::ArrayBuffer::New(Env(), answer_.size());
    if (!answer_.empty()) memcpy(answer.Data(), answer_.data(), answer_.size());
    Callback().Call({Napi::Number::New(Env(), result_), Napi::Number::New(Env(), status_.code),
                     Napi::Number::New(Env(), status_.error), answer});
  }

 private:
  Lookup lookup_;
  ResolverStatus status_ = {};
  int result_ = -1;
  Answer answer_;
};

Napi::Value Start(const Napi::CallbackInfo& info, Lookup lookup) {
  (new Resolution(info[info.Length() - 1], std::move(lookup)))->Queue();  // deletes itself when it has called back
  return info.Env().Undefined();
}

// Calls `find` with a view to fill, and with a larger one until its answer fits.
template <typename Find>
int WithRoom(Answer* answer, Find find) {
  for (answer->resize(1024);;) {
    const int size = find(BytesOf(answer));
    const size_t needed = size < 0 ? 0 : static_cast<size_t>(size);
    const bool fits = needed <= answer->size();
    answer->resize(needed);
    if (fits) return size;
  }
}

std::string TextOf(const Napi::Value& value) {
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

std::vector<uint8_t> CopyOf(const Napi::Value& view) {
  const Napi::Uint8Array bytes = view.As<Napi::Uint8Array>();
  return {bytes.Data(), bytes.Data() + bytes.ByteLength()};
}

// getaddrinfo(node, service, hints, callback): the answer is so many AddressInfo, and the canonical name.
Napi::Value ResolveAddresses(const Napi::CallbackInfo& info) {
  AddressHints hints = {};
  const std::vector<uint8_t> bytes = CopyOf(info[2]);
  memcpy(&hints, bytes.data(), std::min(sizeof hints, bytes.size()));
  const auto lookup = [node = TextOf(info[0]), service = TextOf(info[1]), has_node = info[0].IsString(),
                       has_service = info[1].IsString(), hints](ResolverStatus* status, Answer* answer) mutable {
    std::vector<AddressInfo> results(16);
    char canonname[NI_MAXHOST] = "";
    for (;;) {
      const int count =
          Getaddrinfo(status, {has_node ? node.c_str() : nullptr}, {has_service ? service.c_str() : nullptr}, &hints,
                      {results.data(), static_cast<int>(results.size())},
                      {reinterpret_cast<uint8_t*>(canonname), sizeof canonname});
      const size_t needed = count < 0 ? 0 : static_cast<size_t>(count);
      const bool fits = needed <= results.size();
      results.resize(needed);
      if (!fits) continue;
      const uint8_t* const first = reinterpret_cast<const uint8_t*>(results.data());
      answer->assign(first, first + needed * sizeof(AddressInfo));
      answer->insert(answer->end(), canonname, canonname + strlen(canonname));
      return count;
    }
  };
  return Start(info, lookup);
}

// getnameinfo(address, flags, callback): the answer is two texts, each with a NUL behind it.
Napi::Value ResolveNames(const Napi::CallbackInfo& info) {
  const auto lookup = [address = CopyOf(info[0]), flags = info[1].ToNumber().Int32Value()](ResolverStatus* status,
                                                                                           Answer* answer) mutable {
    char host[NI_MAXHOST] = "", service[NI_MAXSERV] = "";
    const int result = Getnameinfo(status, BytesOf(&address), flags, {reinterpret_cast<uint8_t*>(host), sizeof host},
                                   {reinterpret_cast<uint8_t*>(service), sizeof service});
    answer->assign(host, host + strlen(host) + 1);
    answer->insert(answer->end(), service, service + strlen(service) + 1);
    return result;
  };
  return Start(info, lookup);
}

// gethostbyaddr(family, address, callback)
Napi::Value ResolveHostByAddress(const Napi::CallbackInfo& info) {
  const auto lookup = [family = info[0].ToNumber().Int32Value(), address = CopyOf(info[1])](ResolverStatus* status,
                                                                                            Answer* answer) mutable {
    return WithRoom(answer, [&](Bytes texts) { return Gethostbyaddr(status, family, BytesOf(&address), texts); });
  };
  return Start(info, lookup);
}

// gethostbyname(name, callback)
Napi::Value ResolveHostByName(const Napi::CallbackInfo& info) {
  const auto lookup = [name = TextOf(info[0])](ResolverStatus* status, Answer* answer) {
    return WithRoom(answer, [&](Bytes texts) { return Gethostbyname(status, name.c_str(), texts); });
  };
  return Start(info, lookup);
}

}  // namespace

void ExportResolution(Napi::Env env, Napi::Object exports) {
  Napi::Object resolve = Napi::Object::New(env);
  resolve.Set("getaddrinfo", Napi::Function::New(env, ResolveAddresses, "getaddrinfo"));
  resolve.Set("gethostbyaddr", Napi::Function::New(env, ResolveHostByAddress, "gethostbyaddr"));
  resolve.Set("gethostbyname", Napi::Function::New(env, ResolveHostByName, "gethostbyname"));
  resolve.Set("getnameinfo", Napi::Function::New(env, ResolveNames, "getnameinfo"));
  exports.Set("resolve", resolve);
}
