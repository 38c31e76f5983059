// getaddrinfo(3) off the JavaScript thread: it may ask name servers, and take as long as they do.
#include <netdb.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "addon.h"
#include "calls.h"

namespace {

class Resolution final : public Napi::AsyncWorker {
 public:
  Resolution(const Napi::CallbackInfo& info)
      : Napi::AsyncWorker(info[3].As<Napi::Function>(), "bsd-sockets"),
        node_(Text(info[0])),
        service_(Text(info[1])),
        has_node_(info[0].IsString()),
        has_service_(info[1].IsString()) {
    const Napi::Int32Array hints = info[2].As<Napi::Int32Array>();
    memcpy(&hints_, hints.Data(), sizeof hints_);
  }

  static Napi::Value Start(const Napi::CallbackInfo& info) {
    if (info.Length() < 4 || !info[2].IsTypedArray() || info[2].As<Napi::TypedArray>().ByteLength() < sizeof hints_ ||
        !info[3].IsFunction()) {
      Napi::TypeError::New(info.Env(), "resolve takes two texts, four numbers and a function")
          .ThrowAsJavaScriptException();
    } else {
      (new Resolution(info))->Queue();  // deletes itself when it has called back
    }
    return info.Env().Undefined();
  }

 protected:
  // On another thread.
  void Execute() override {
    const OptionalText node = {has_node_ ? node_.c_str() : nullptr};
    const OptionalText service = {has_service_ ? service_.c_str() : nullptr};
    for (size_t room = 16;;) {
      results_.resize(room);
      canonname_.resize(NI_MAXHOST);
      count_ = Getaddrinfo(&status_, node, service, &hints_, {results_.data(), static_cast<int>(room)},
                           {reinterpret_cast<uint8_t*>(canonname_.data()), canonname_.size()});
      if (count_ <= static_cast<int>(room)) return;
      room = static_cast<size_t>(count_);
    }
  }

  // callback(count or -1, code, errno, results, canonname)
  void OnOK() override {
    const Napi::HandleScope scope(Env());
    const size_t size = count_ > 0 ? static_cast<size_t>(count_) * sizeof(AddressInfo) : 0;
    Napi::ArrayBuffer results = Napi::ArrayBuffer::New(Env(), size);
    if (size > 0) memcpy(results.Data(), results_.data(), size);
    Callback().Call({Napi::Number::New(Env(), count_), Napi::Number::New(Env(), status_.code),
                     Napi::Number::New(Env(), status_.error), results, Napi::String::New(Env(), canonname_.c_str())});
  }

 private:
  static std::string Text(const Napi::Value& value) {
    return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
  }

  std::string node_;
  std::string service_;
  bool has_node_;
  bool has_service_;
  AddressHints hints_ = {};
  ResolverStatus status_ = {};
  int count_ = -1;
  std::vector<AddressInfo> results_;
  std::string canonname_;
};

}  // namespace

void ExportResolution(Napi::Env env, Napi::Object exports) {
  exports.Set("resolve", Napi::Function::New(env, Resolution::Start, "resolve"));
}
