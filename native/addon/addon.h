// The parts of the module: each adds its names to `exports` and is defined in the file of its
// name.
#ifndef BSD_SOCKETS_ADDON_H
#define BSD_SOCKETS_ADDON_H

#include <napi.h>

void ExportConstants(Napi::Env env, Napi::Object exports);
void ExportEnvironment(Napi::Env env, Napi::Object exports);
void ExportLayouts(Napi::Env env, Napi::Object exports);
void ExportResolution(Napi::Env env, Napi::Object exports);
void ExportOwning(Napi::Env env, Napi::Object exports);
void ExportSyscalls(Napi::Env env, Napi::Object exports);

// The JavaScript function of a call in the table; nullptr where this kernel has no such call.
napi_callback FindSyscall(const char* name);

#endif
