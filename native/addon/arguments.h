// What crosses the border: numbers, byte views and short strings, each checked before any system
// call is made.
//
// A C parameter's type says how its JavaScript argument is read, through `Arguments::Take<Parameter>()`:
//   an integer                a number in the range of that very type
//   void*, const sockaddr*    a view; the length parameter behind it is that view's byte length, no argument
//   sockaddr*                 a view or null, likewise
//   socklen_t*                behind one of those, a Uint32Array(1): clamped to that view, and written back
//   any other T*              a view of at least sizeof(T) bytes, or null
//   const char*               a string of less than kTextSize bytes without a NUL
// and the types below, for functions of our own. No view's bytes need be aligned as T is: the kernel copies them, and
// our own functions do so too.
//
// The first argument that is wrong leaves a JavaScript exception pending; the rest then read as
// zero, and the caller makes no call. Addresses are taken from views only after everything that
// could run JavaScript has run, and are not kept beyond the call: a view's memory cannot move or
// shrink under the kernel's hands.
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
inline constexpr size_t kTextSize = 1025;    // NI_MAXHOST: the longest name that the C library knows
inline constexpr size_t kMaxTexts = 2;

// A view that must be there.
struct Bytes {
  uint8_t* data;
  size_t size;
};

// A view or null.
struct OptionalBytes {
  uint8_t* data;  // nullptr for null
  size_t size;
};

// A view of at least sizeof(T) bytes, which must be there.
template <typename T>
struct Structure {
  T* data;
};

// A view that holds a whole number of T.
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

// As Array, or null.
template <typename T>
struct OptionalArray {
  T* data;
  int count;
};

// An integer whose limits are narrower than its type's.
template <int64_t Min, int64_t Max>
struct Ranged {
  int value;
};

// An integer that must be one of a few.
template <auto... Values>
struct OneOf {
  std::common_type_t<decltype(Values)...> value;
};

// A number, or nothing at all, which reads as zero.
template <typename T>
struct Optional {
  T value;
};

// A string or null.
struct OptionalText {
  const char* text;
};

// An array of views. It comes before every other view of its function: reading its elements may run
// JavaScript.
struct Vectors {
  const iovec* data;
  int count;
};

// The parameters whose argument is a buffer, and those that are its length when they stand right
// behind it.
template <typename P>
inline constexpr bool kIsBuffer =
    std::is_pointer_v<P> &&
    (std::is_void_v<std::remove_pointer_t<P>> || std::is_same_v<std::remove_cv_t<std::remove_pointer_t<P>>, sockaddr>);
template <typename P>
inline constexpr bool kIsLength = std::is_same_v<P, size_t> || std::is_same_v<P, socklen_t>;

// A byte length or a count as C's own type, which may be too small for it: the largest then, which no kernel takes.
template <typename T>
constexpr T Clamp(size_t size) {
  return size > static_cast<size_t>(std::numeric_limits<T>::max()) ? std::numeric_limits<T>::max()
                                                                   : static_cast<T>(size);
}

class Arguments {
 public:
  // `names` are those of the JavaScript parameters, for messages; there are `count` of them, and those that are missing
  // read as undefined.
  Arguments(napi_env env, napi_callback_info info, const char* const* names, size_t count) : env_(env), names_(names) {
    failed_ = napi_get_cb_info(env, info, &count, values_, nullptr, nullptr) != napi_ok;
  }

  template <typename P>
  P Take() {
    return Read(Type<P>{});
  }

  bool failed() const { return failed_; }

  // Writes an out-length back; to be called after the call, with errno already saved.
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

  // Each takes the next argument. What is right goes the short way, here; the rest is looked at again, and refused.
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

  // To Node-API any view is a buffer, and found sooner as that than as what it is.
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
  bool Skip(napi_valuetype type);  // whether the next argument is of this type, and then takes it
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

  size_t room_ = 0;  // of the latest buffer, for the length behind it
  bool has_room_ = false;

  socklen_t length_ = 0;
  uint8_t* length_target_ = nullptr;
  char texts_[kMaxTexts][kTextSize];
  size_t text_count_ = 0;
  iovec vectors_[kMaxVectors];
};

#endif
