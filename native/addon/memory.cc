#include "memory.h"

#include <cstdlib>

#include "addon.h"

napi_value Untransferable(napi_env env, napi_callback_info info) {
  napi_value value = nullptr, buffer = nullptr;
  size_t count = 1;
  uint32_t size = 0;
  if (napi_get_cb_info(env, info, &count, &value, nullptr, nullptr) != napi_ok ||
      napi_get_value_uint32(env, value, &size) != napi_ok) {
    return nullptr;
  }
  void* const memory = malloc(size == 0 ? 1 : size);
  if (memory == nullptr) return ThrowNoMemory(env);
  const auto end = [](napi_env, void* data, void*) { free(data); };
  if (napi_create_external_buffer(env, size, memory, end, nullptr, &buffer) == napi_ok) return buffer;
  free(memory);
  return nullptr;
}
