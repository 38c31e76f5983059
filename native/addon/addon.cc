#include "addon.h"

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  ExportConstants(env, exports);
  ExportEnvironment(env, exports);
  ExportLayouts(env, exports);
  ExportResolution(env, exports);
  ExportOwning(env, exports);
  ExportSyscalls(env, exports);
  return exports;
}

NODE_API_MODULE(bsd_sockets, Init)
