#include "addon.h"

napi_value ThrowNoMemory(napi_env env) {
  napi_throw_error(env, "ERR_MEMORY_ALLOCATION_FAILED", "Failed to allocate memory");
  return nullptr;
}

napi_value ExportFunctions(napi_env env, napi_value exports, const char* name,
                           std::initializer_list<NamedFunction> functions) {
  napi_value object = nullptr;
  napi_create_object(env, &object);
  for (const NamedFunction& one : functions) {
    napi_value function = nullptr;
    napi_create_function(env, one.name, NAPI_AUTO_LENGTH, one.function, nullptr, &function);
    napi_set_named_property(env, object, one.name, function);
  }
  napi_set_named_property(env, exports, name, object);
  return object;
}

NAPI_MODULE_INIT() {
  ExportConstants(env, exports);
  ExportEnvironment(env, exports);
  ExportLayouts(env, exports);
  ExportResolution(env, exports);
  ExportSyscalls(env, exports);
  return exports;
}
