// An addon that looks for leaks when it is loaded. Vitest ends its workers by a signal, and gives them half a second.
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

__attribute__((visibility("default"))) void* napi_register_module_v1(void* env, void* exports) {
  (void)env;
  if (__lsan_do_recoverable_leak_check != 0) __lsan_do_recoverable_leak_check();
  return exports;
}
