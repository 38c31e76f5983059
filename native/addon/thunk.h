// Makes a JavaScript function of a C prototype. arguments.h says how each parameter is read. It returns the result, or
// -errno if the C function returned -1.
#ifndef BSD_SOCKETS_THUNK_H
#define BSD_SOCKETS_THUNK_H

#include <cerrno>
#include <cstdio>
#include <iterator>
#include <tuple>
#include <type_traits>

#include "arguments.h"
#include "trace.h"

// A string, for example an interface's name; or -errno.
struct Text {
  char text[kTextSize];
  int error;

  explicit Text(int error_) : error(error_) { text[0] = 0; }
  explicit Text(const char* text_) : error(0) { snprintf(text, sizeof text, "%s", text_); }
};

// The number of JavaScript arguments of a prototype: all parameters except the lengths behind buffers.
template <typename... Parameters>
constexpr size_t Arity() {
  size_t arity = 0;
  [[maybe_unused]] bool after_buffer = false;
  ((arity += !(after_buffer && kIsLength<Parameters>), after_buffer = kIsBuffer<Parameters>), ...);
  return arity;
}

template <typename Result, typename... Parameters>
constexpr size_t ArityOf(Result (*)(Parameters...)) {
  return Arity<Parameters...>();
}

// Whether the C function has failed and set errno.
template <typename Result>
bool Failed(const Result& result) {
  if constexpr (std::is_signed_v<Result>) return result == -1;
  return false;
}

template <typename Result>
napi_value ToValue(napi_env env, const Result& result, int error) {
  napi_value value = nullptr;
  if constexpr (std::is_same_v<Result, Text>) {
    if (result.error == 0) {
      napi_create_string_utf8(env, result.text, NAPI_AUTO_LENGTH, &value);
    } else {
      napi_create_int32(env, -result.error, &value);
    }
  } else if constexpr (std::is_signed_v<Result>) {
    const Result number = Failed(result) ? -error : result;
    if (number == static_cast<int32_t>(number)) {
      napi_create_int32(env, static_cast<int32_t>(number), &value);
    } else {
      napi_create_double(env, static_cast<double>(number), &value);
    }
  } else {
    napi_create_double(env, static_cast<double>(result), &value);
  }
  return value;
}

// The owner of the descriptors that a call creates: none by default; owning.h has those that own.
struct OwnsNothing {
  template <typename... Values>
  static void After(napi_env, const Values&...) {}
};

template <typename Owner, typename Result, typename... Parameters>
napi_value Apply(napi_env env, napi_callback_info info, const char* const* names, Result (*function)(Parameters...)) {
  static_assert(Arity<Parameters...>() <= kMaxArguments);
  Arguments arguments(env, info, names, Arity<Parameters...>());
  // A braced list is evaluated from left to right, in the order of the arguments.
  std::tuple<Parameters...> parameters{arguments.Take<Parameters>()...};
  if (arguments.failed()) return nullptr;
  const Result result = std::apply(function, parameters);
  const int error = Failed(result) ? errno : 0;
  arguments.Finish();
  std::apply([&](const Parameters&... values) { Owner::After(env, result, values...); }, parameters);
  return ToValue(env, result, error);
}

// `Names`: the name of each JavaScript argument, and a nullptr; the compiler checks the count.
template <auto Function, const auto& Names, typename Owner = OwnsNothing>
napi_value Thunk(napi_env env, napi_callback_info info) {
  static_assert(ArityOf(Function) == std::size(Names) - 1, "a name for each JavaScript argument");
  return Apply<Owner>(env, info, Names, Function);
}

// The same for a system call, which a tracer is told of.
template <auto Function, const auto& Names, const auto& Name, typename Owner = OwnsNothing>
napi_value TracedThunk(napi_env env, napi_callback_info info) {
  if (Tracing()) return TraceCall(env, info, Name, ArityOf(Function), Thunk<Function, Names, Owner>);
  return Apply<Owner>(env, info, Names, Function);
}

#endif
