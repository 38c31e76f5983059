#include "arguments.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "environment.h"

namespace {

// A primitive as JavaScript prints it; numbers, booleans and bigints only, so that no code of the caller runs.
void Write(napi_env env, napi_value primitive, char* text, size_t size) {
  text[0] = 0;
  napi_value string = nullptr;
  if (napi_coerce_to_string(env, primitive, &string) != napi_ok) return;
  napi_get_value_string_utf8(env, string, text, size, nullptr);
}

// Describes the given value in the words of Node's own messages.
void Describe(napi_env env, napi_value value, char* text, size_t size) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  switch (type) {
    case napi_undefined:
      snprintf(text, size, "undefined");
      return;
    case napi_null:
      snprintf(text, size, "null");
      return;
    case napi_bigint:
    case napi_boolean:
    case napi_number: {
      char primitive[32];
      Write(env, value, primitive, sizeof primitive);
      const char* const name = type == napi_number ? "number" : type == napi_bigint ? "bigint" : "boolean";
      snprintf(text, size, "type %s (%s%s)", name, primitive, type == napi_bigint ? "n" : "");
      return;
    }
    case napi_string: {
      char start[24];
      size_t length = 0, shown = 0;
      napi_get_value_string_utf8(env, value, nullptr, 0, &length);
      napi_get_value_string_utf8(env, value, start, sizeof start, &shown);
      snprintf(text, size, "type string ('%s%s')", start, shown < length ? "..." : "");
      return;
    }
    case napi_symbol:
      snprintf(text, size, "type symbol");
      return;
    case napi_function:
      snprintf(text, size, "a function");
      return;
    default:
      snprintf(text, size, "an object");
  }
}

size_t ElementSize(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      return 1;
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    default:
      return 0;
  }
}

}  // namespace

bool Arguments::Fail(bool range, const char* code, const char* format, ...) {
  if (failed_) return false;
  failed_ = true;
  char message[256];
  va_list values;
  va_start(values, format);
  vsnprintf(message, sizeof message, format, values);
  va_end(values);
  (range ? napi_throw_range_error : napi_throw_type_error)(env_, code, message);
  TellRefused(env_, name());
  return false;
}

bool Arguments::FailType(const char* expected, napi_value got) {
  char received[64];
  Describe(env_, got, received, sizeof received);
  return Fail(false, "ERR_INVALID_ARG_TYPE", "The \"%s\" %s must be %s. Received %s", name(), noun(), expected,
              received);
}

void Arguments::FailValue(const char* expected) {
  if (failed_) return;
  char received[32];
  Write(env_, values_[next_ - 1], received, sizeof received);
  Fail(true, "ERR_OUT_OF_RANGE", "The value of \"%s\" is out of range. It must be %s. Received %s", name(), expected,
       received);
}

double Arguments::RefuseNumber(double min, double max) {
  if (failed_) return 0;
  const napi_value value = values_[next_ - 1];
  double number = 0;
  if (napi_get_value_double(env_, value, &number) != napi_ok) {
    FailType("of type number", value);
  } else if (number != std::trunc(number)) {  // true for NaN too; the range check below rejects infinities
    FailValue("an integer");
  } else {
    char range[64];
    snprintf(range, sizeof range, ">= %.0f && <= %.0f", min, max);
    FailValue(range);
  }
  return 0;
}

// Finds the memory of a view: a typed array or a DataView, over an ArrayBuffer or a
// SharedArrayBuffer.
bool Arguments::Memory(napi_value value, Bytes* bytes) {
  void* data = nullptr;
  size_t size = 0;
  napi_value buffer = nullptr;
  auto type = static_cast<napi_typedarray_type>(15);  // stays unchanged for a kind that this Node-API does not know
  if (napi_get_typedarray_info(env_, value, &type, &size, &data, nullptr, nullptr) == napi_ok) {
    size *= ElementSize(type);
    if (ElementSize(type) == 0) return FailType("an ArrayBufferView of a known kind", value);
    if (size == 0) {
      napi_get_typedarray_info(env_, value, nullptr, nullptr, nullptr, &buffer, nullptr);
    }
  } else if (napi_get_dataview_info(env_, value, &size, &data, nullptr, nullptr) == napi_ok) {
    if (size == 0) napi_get_dataview_info(env_, value, nullptr, nullptr, &buffer, nullptr);
  } else {
    return FailType("an ArrayBufferView", value);
  }
  bool detached = false;
  if (buffer != nullptr && napi_is_detached_arraybuffer(env_, buffer, &detached) == napi_ok && detached) {
    return Fail(false, "ERR_INVALID_ARG_VALUE", "The \"%s\" %s must not be detached", name(), noun());
  }
  static uint8_t nothing;  // an empty view must not be a null pointer
  *bytes = {data != nullptr ? static_cast<uint8_t*>(data) : &nothing, data != nullptr ? size : 0};
  return true;
}

Bytes Arguments::RefuseView(const Bytes& bytes, size_t at_least, size_t multiple_of) {
  if (bytes.size < at_least) {
    Fail(true, "ERR_OUT_OF_RANGE", "The \"%s\" %s is too small. It must have at least %zu bytes. Received %zu", name(),
         noun(), at_least, bytes.size);
  } else if (bytes.size % multiple_of != 0) {
    Fail(true, "ERR_OUT_OF_RANGE", "The byte length of \"%s\" must be a multiple of %zu. Received %zu", name(),
         multiple_of, bytes.size);
  }
  return {nullptr, 0};
}

// The kernel gets a copy, limited to the size of the buffer before it: another thread that shares the view could
// otherwise raise it meanwhile.
socklen_t* Arguments::Read(Type<socklen_t*>) {
  const Bytes bytes = View(Null::kAllowed, sizeof length_);
  has_room_ = false;
  if (failed_ || bytes.data == nullptr) return nullptr;
  length_target_ = bytes.data;
  memcpy(&length_, bytes.data, sizeof length_);
  if (length_ > room_) length_ = static_cast<socklen_t>(room_);
  return &length_;
}

bool Arguments::Is(napi_valuetype type, napi_value value) {
  napi_valuetype got = napi_undefined;
  return napi_typeof(env_, value, &got) == napi_ok && got == type;
}

bool Arguments::Skip(napi_valuetype type) {
  if (failed_) return true;
  if (!Is(type, values_[next_])) return false;
  next_++;
  return true;
}

const char* Arguments::Read(Type<const char*>) {
  if (failed_) return "";
  const napi_value value = values_[next_++];
  size_t length = 0;
  if (napi_get_value_string_utf8(env_, value, nullptr, 0, &length) != napi_ok) {
    FailType("of type string", value);
    return "";
  }
  char* const text = texts_[text_count_++];
  napi_get_value_string_utf8(env_, value, text, kTextSize, nullptr);
  if (length >= kTextSize || strlen(text) != length) {
    Fail(false, "ERR_INVALID_ARG_VALUE", "The \"%s\" %s must have less than %zu bytes and no NUL. Received %zu bytes",
         name(), noun(), kTextSize, length);
  }
  return text;
}

Vectors Arguments::Read(Type<Vectors>) {
  if (failed_) return {nullptr, 0};
  const napi_value array = values_[next_++];
  uint32_t count = 0;
  if (napi_get_array_length(env_, array, &count) != napi_ok) {
    FailType("an array of ArrayBufferViews", array);
    return {nullptr, 0};
  }
  if (count > kMaxVectors) {
    Fail(true, "ERR_OUT_OF_RANGE", "The \"%s\" %s must have at most %zu views. Received %u", name(), noun(),
         kMaxVectors, count);
    return {nullptr, 0};
  }
  // All elements are read first: a getter may move or detach the memory of another element.
  napi_value views[kMaxVectors];
  for (uint32_t i = 0; i < count; i++) {
    if (napi_get_element(env_, array, i, &views[i]) != napi_ok) {
      failed_ = true;  // the getter's own exception is pending
      return {nullptr, 0};
    }
  }
  for (uint32_t i = 0; i < count; i++) {
    Bytes bytes = {nullptr, 0};
    if (!Buffer(views[i], &bytes) && !Memory(views[i], &bytes)) return {nullptr, 0};
    vectors_[i] = {bytes.data, bytes.size};
  }
  return {vectors_, static_cast<int>(count)};
}
