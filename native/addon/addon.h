// The parts of the module. Each adds its names to `exports`, and is defined in the file of its name. On failure it
// leaves an exception pending, with which the load fails.
//
// The module uses Node-API directly, and allocates by malloc(3) only: a failed allocation is a JavaScript error. Calls
// that fail because the environment is ending never end the process.
#ifndef BSD_SOCKETS_ADDON_H
#define BSD_SOCKETS_ADDON_H

#include <node_api.h>

#include <initializer_list>

void ExportConstants(napi_env env, napi_value exports);
void ExportEnvironment(napi_env env, napi_value exports);
void ExportLayouts(napi_env env, napi_value exports);
void ExportResolution(napi_env env, napi_value exports);
void ExportSyscalls(napi_env env, napi_value exports);

struct NamedFunction {
  const char* name;
  napi_callback function;
};

// Adds an object with these functions to `exports`, as `name`, and returns it.
napi_value ExportFunctions(napi_env env, napi_value exports, const char* name,
                           std::initializer_list<NamedFunction> functions);

// Leaves an exception pending: ERR_MEMORY_ALLOCATION_FAILED.
napi_value ThrowNoMemory(napi_env env);

#endif
