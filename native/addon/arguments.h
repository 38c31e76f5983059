// Reads the arguments of a call from JavaScript: numbers, byte views and short strings. Each is checked before the
// system call is made.
//
// A C parameter's type says how `Arguments::Take<Parameter>()` reads its JavaScript argument:
//   an integer                a number in the range of the type
//   void*, const sockaddr*    a view; the length parameter after it takes no argument: it is the view's byte length
//   sockaddr*                 the same, or null
//   socklen_t*                after one of those, a Uint32Array(1): limited to the view's length, and written back
//   any other T*              a view of at least sizeof(T) bytes, or null
//   const char*               a string of less than kTextSize bytes without a NUL
// The types below are for the addon's own functions. The bytes of a view need not be aligned as T is: the kernel and
// the addon's own functions copy them.
//
// The first wrong argument leaves a JavaScript exception pending. The rest then read as zero, and the caller makes no
// call. The addresses of views are read after all code that could run JavaScript, and are not kept after the call: a
// view's memory cannot move or shrink while the kernel uses it.
#ifndef BSD_SOCKETS_ARGUMENTS_H
#define BSD_SOCKETS_ARGUMENTS_H

#include <node_api.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

inline constexpr double kMaxSafeInteger = 9007199254740991;  // Number.MAX_SAFE_INTEGER
inline constexpr size_t kMaxArguments = 8;
inline constexpr size_t kMaxVectors = 1024;  // IOV_MAX on both systems
inline constexpr size_t kTextSize = 1025;    // NI_MAXHOST: the C library's maximum for a host name
inline constexpr size_t kMaxTexts = 2;

// A required view.
struct Bytes {
  uint8_t* data;
  size_t size;
};

// A view or null.
struct OptionalBytes {
  uint8_t* data;  // nullptr for null
  size_t size;
};

// A required view of at least sizeof(T) bytes.
template <typename T>
struct Structure {
  T* data;
};

// A required view whose length is a multiple of sizeof(T).
template <typename T>
struct Array {
  T* data;
  int count;

  T Get(int i) const {
    T value;
    memcpy(&value, At(i), sizeof value);
    return value;
  }
  void Set(int i, const T& value) const { memcpy(At(i), &value, sizeof value); }

 private:
  uint8_t* At(int i) const { return reinterpret_cast<uint8_t*>(data) + static_cast<size_t>(i) * sizeof(T); }
};

// An Array or null.
template <typename T>
struct OptionalArray {
  T* data;
  int count;
};

// An integer from Min to Max.
template <int64_t Min, int64_t Max>
struct Ranged {
  int value;
};

// An integer that is one of these values.
template <auto... Values>
struct OneOf {
  std::common_type_t<decltype(Values)...> value;
};

// A number, or undefined, which reads as zero.
template <typename T>
struct Optional {
  T value;
};

// A string or null.
struct OptionalText {
  const char* text;
};

// An array of views. It must be the first view among the parameters: reading its elements may run JavaScript.
struct Vectors {
  const iovec* data;
  int count;
};

// Whether the argument of a parameter is a buffer; and whether a parameter directly after a buffer is its length.
template <typename P>
inline constexpr bool kIsBuffer =
    std::is_pointer_v<P> &&
    (std::is_void_v<std::remove_pointer_t<P>> || std::is_same_v<std::remove_cv_t<std::remove_pointer_t<P>>, sockaddr>);
template <typename P>
inline constexpr bool kIsLength = std::is_same_v<P, size_t> || std::is_same_v<P, socklen_t>;

// Converts a length or a count to T. A value that is too large becomes T's maximum, which every kernel rejects.
template <typename T>
constexpr T Clamp(size_t size) {
  return size > static_cast<size_t>(std::numeric_limits<T>::max()) ? std::numeric_limits<T>::max()
                                                                   : static_cast<T>(size);
}

class Arguments {
 public:
  // `names`: the names of the `count` JavaScript parameters, for messages. Missing arguments read as undefined.
  Arguments(napi_env env, napi_callback_info info, const char* const* names, size_t count) : env_(env), names_(names) {
    failed_ = napi_get_cb_info(env, info, &count, values_, nullptr, nullptr) != napi_ok;
  }

  template <typename P>
  P Take() {
    return Read(Type<P>{});
  }

  bool failed() const { return failed_; }

  // Writes the socklen_t back. Call it after the system call, when errno is saved.
  void Finish() const {
    if (length_target_ != nullptr) memcpy(length_target_, &length_, sizeof length_);
  }

 private:
  enum class Null { kRefused, kAllowed };

  template <typename P>
  struct Type {};

  template <typename P>
  P Read(Type<P>) {
    if constexpr (kIsBuffer<P>) {
      const Bytes bytes = View(std::is_same_v<P, sockaddr*> ? Null::kAllowed : Null::kRefused);
      room_ = bytes.size;
      has_room_ = true;
      return reinterpret_cast<P>(bytes.data);
    } else if constexpr (std::is_pointer_v<P>) {
      return reinterpret_cast<P>(View(Null::kAllowed, sizeof(std::remove_pointer_t<P>)).data);
    } else {
      if constexpr (kIsLength<P>) {
        if (has_room_) {
          has_room_ = false;
          return Clamp<P>(room_);
        }
      }
      using Limits = std::numeric_limits<P>;
      return static_cast<P>(Number(static_cast<double>(Limits::min()), static_cast<double>(Limits::max())));
    }
  }
  template <typename T>
  Structure<T> Read(Type<Structure<T>>) {
    return {reinterpret_cast<T*>(View(Null::kRefused, sizeof(T)).data)};
  }
  template <typename T>
  Array<T> Read(Type<Array<T>>) {
    const Bytes bytes = View(Null::kRefused, 0, sizeof(T));
    return {reinterpret_cast<T*>(bytes.data), Clamp<int>(bytes.size / sizeof(T))};
  }
  template <typename T>
  OptionalArray<T> Read(Type<OptionalArray<T>>) {
    const Bytes bytes = View(Null::kAllowed, 0, sizeof(T));
    return {reinterpret_cast<T*>(bytes.data), Clamp<int>(bytes.size / sizeof(T))};
  }
  template <int64_t Min, int64_t Max>
  Ranged<Min, Max> Read(Type<Ranged<Min, Max>>) {
    return {static_cast<int>(Number(Min, Max))};
  }
  template <auto... Values>
  OneOf<Values...> Read(Type<OneOf<Values...>>) {
    const double number = Number(-kMaxSafeInteger, kMaxSafeInteger);
    if (!((number == static_cast<double>(Values)) || ...)) {
      FailValue("one of those that take an integer");
      return {};
    }
    return {static_cast<decltype(OneOf<Values...>::value)>(number)};
  }
  template <typename T>
  Optional<T> Read(Type<Optional<T>>) {
    if (SkipUndefined()) return {0};
    return {static_cast<T>(Number(std::numeric_limits<T>::min(), std::numeric_limits<T>::max()))};
  }
  Bytes Read(Type<Bytes>) { return View(Null::kRefused); }
  OptionalBytes Read(Type<OptionalBytes>) {
    const Bytes bytes = View(Null::kAllowed);
    return {bytes.data, bytes.size};
  }
  Vectors Read(Type<Vectors>);
  const char* Read(Type<const char*>);
  OptionalText Read(Type<OptionalText>) { return {SkipNull() ? nullptr : Read(Type<const char*>{})}; }
  socklen_t* Read(Type<socklen_t*>);

  // Each reads the next argument. The common case is here; RefuseNumber and RefuseView find out what is wrong.
  double Number(double min, double max) {
    double number = 0;
    if (napi_get_value_double(env_, values_[next_++], &number) == napi_ok && number >= Lowest(min) &&
        number <= Highest(max) && number == static_cast<double>(static_cast<int64_t>(number))) {
      return number;
    }
    return RefuseNumber(Lowest(min), Highest(max));
  }
  Bytes View(Null null, size_t at_least = 0, size_t multiple_of = 1) {
    Bytes bytes = {nullptr, 0};
    const napi_value value = values_[next_++];
    if (!Buffer(value, &bytes)) {
      if (null == Null::kAllowed && Is(napi_null, value)) return {nullptr, 0};
      if (!Memory(value, &bytes)) return {nullptr, 0};
    }
    if (bytes.size >= at_least && bytes.size % multiple_of == 0) return bytes;
    return RefuseView(bytes, at_least, multiple_of);
  }

  // Node-API accepts any view as a buffer; that is faster than asking for its type.
  bool Buffer(napi_value value, Bytes* bytes) {
    bool is_buffer = false;
    void* data = nullptr;
    if (napi_is_buffer(env_, value, &is_buffer) != napi_ok || !is_buffer ||
        napi_get_buffer_info(env_, value, &data, &bytes->size) != napi_ok || bytes->size == 0) {
      return false;
    }
    bytes->data = static_cast<uint8_t*>(data);
    return true;
  }

  static constexpr double Lowest(double min) { return min < -kMaxSafeInteger ? -kMaxSafeInteger : min; }
  static constexpr double Highest(double max) { return max > kMaxSafeInteger ? kMaxSafeInteger : max; }
  double RefuseNumber(double min, double max);
  Bytes RefuseView(const Bytes& bytes, size_t at_least, size_t multiple_of);

  bool SkipUndefined() { return Skip(napi_undefined); }
  bool SkipNull() { return Skip(napi_null); }
  bool Skip(napi_valuetype type);  // reads the next argument if it is of this type; returns whether it is
  bool Is(napi_valuetype type, napi_value value);
  bool Memory(napi_value value, Bytes* bytes);
  bool Fail(bool range, const char* code, const char* format, ...) __attribute__((format(printf, 4, 5)));
  void FailValue(const char* expected);
  bool FailType(const char* expected, napi_value got);
  const char* name() const { return names_[next_ - 1]; }  // of the argument being read
  const char* noun() const { return strchr(name(), '.') == nullptr ? "argument" : "property"; }

  napi_env env_;
  napi_value values_[kMaxArguments];
  const char* const* names_;
  size_t next_ = 0;
  bool failed_ = false;

  size_t room_ = 0;  // the size of the latest buffer, for the length parameter after it
  bool has_room_ = false;

  socklen_t length_ = 0;
  uint8_t* length_target_ = nullptr;
  char texts_[kMaxTexts][kTextSize];
  size_t text_count_ = 0;
  iovec vectors_[kMaxVectors];
};

#endif
