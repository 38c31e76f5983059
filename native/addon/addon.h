// The parts of the module: each adds its names to `exports` and is defined in the file of its name. Where one cannot,
// an exception is pending, and the load fails with it.
//
// The module is written against Node-API itself, and allocates by malloc(3) alone: what cannot be allocated is an error
// of JavaScript's, and an environment that is ending, which runs no JavaScript, is no reason to end the process.
#ifndef BSD_SOCKETS_ADDON_H
#define BSD_SOCKETS_ADDON_H

#include <node_api.h>

#include <initializer_list>

void ExportConstants(napi_env env, napi_value exports);
void ExportEnvironment(napi_env env, napi_value exports);
void ExportLayouts(napi_env env, napi_value exports);
void ExportResolution(napi_env env, napi_value exports);
void ExportOwning(napi_env env, napi_value exports);
void ExportSyscalls(napi_env env, napi_value exports);

struct NamedFunction {
  const char* name;
  napi_callback function;
};

// Adds an object of these functions to `exports`, under its name. Returns it.
napi_value ExportFunctions(napi_env env, napi_value exports, const char* name,
                           std::initializer_list<NamedFunction> functions);

// Leaves an exception pending: ERR_MEMORY_ALLOCATION_FAILED.
napi_value ThrowNoMemory(napi_env env);

// The JavaScript function of a call in the table; nullptr where this kernel has no such call.
napi_callback FindSyscall(const char* name);

#endif
