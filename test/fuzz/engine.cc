// libFuzzer for JavaScript: an addon that runs libFuzzer's loop in this process and calls a function for each input.
// The instrumented code (instrument.js) counts the branches that it takes in `counters`, which libFuzzer reads: so it
// keeps the inputs that reach new code, as for a program in C.
//
//   run(arguments, counters, call): `arguments` are those of a program that is linked with libFuzzer. Ends the process.
//
// If the function throws, the process aborts, and libFuzzer writes the input to a file.
#include <node_api.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerRunDriver(int* argc, char*** argv, int (*call)(const uint8_t* data, size_t size));
extern "C" void __sanitizer_cov_8bit_counters_init(uint8_t* start, uint8_t* stop);

namespace {

napi_env env_of_all;
napi_ref call_of_all;

void Check(napi_status status, const char* what) {
  if (status == napi_ok) return;
  napi_value error;
  napi_value text;
  std::vector<char> shown(4096);
  if (napi_get_and_clear_last_exception(env_of_all, &error) == napi_ok &&
      (napi_get_named_property(env_of_all, error, "stack", &text) == napi_ok) &&
      napi_get_value_string_utf8(env_of_all, text, shown.data(), shown.size(), nullptr) == napi_ok) {
    fprintf(stderr, "%s\n", shown.data());
  }
  fprintf(stderr, "failed: %s\n", what);
  abort();
}

int Call(const uint8_t* data, size_t size) {
  napi_handle_scope scope;
  napi_value function, bytes, undefined;
  Check(napi_open_handle_scope(env_of_all, &scope), "a scope");
  Check(napi_get_reference_value(env_of_all, call_of_all, &function), "the function");
  Check(napi_create_buffer_copy(env_of_all, size, data, nullptr, &bytes), "a buffer");
  Check(napi_get_undefined(env_of_all, &undefined), "undefined");
  Check(napi_call_function(env_of_all, undefined, function, 1, &bytes, nullptr), "the call");
  Check(napi_close_handle_scope(env_of_all, scope), "the scope");
  return 0;
}

napi_value Run(napi_env env, napi_callback_info info) {
  env_of_all = env;
  size_t count = 3;
  napi_value given[3];
  Check(napi_get_cb_info(env, info, &count, given, nullptr, nullptr), "the arguments");
  uint32_t length = 0;
  Check(napi_get_array_length(env, given[0], &length), "the list of arguments");
  std::vector<std::string> texts;
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    std::vector<char> text(4096);
    Check(napi_get_element(env, given[0], i, &element), "an argument");
    Check(napi_get_value_string_utf8(env, element, text.data(), text.size(), nullptr), "an argument");
    texts.emplace_back(text.data());
  }
  void* counters = nullptr;
  size_t size = 0;
  Check(napi_get_buffer_info(env, given[1], &counters, &size), "the counters");
  Check(napi_create_reference(env, given[2], 1, &call_of_all), "the function");
  std::vector<char*> argv;
  for (std::string& text : texts) argv.push_back(text.data());
  argv.push_back(nullptr);
  int argc = static_cast<int>(texts.size());
  char** at = argv.data();
  __sanitizer_cov_8bit_counters_init(static_cast<uint8_t*>(counters), static_cast<uint8_t*>(counters) + size);
  // libFuzzer calls exit(3) at its end: the destructors of Node are not made for that.
  on_exit([](int status, void*) { fflush(nullptr), _exit(status); }, nullptr);
  exit(LLVMFuzzerRunDriver(&argc, &at, Call));
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value run;
  napi_create_function(env, "run", NAPI_AUTO_LENGTH, Run, nullptr, &run);
  napi_set_named_property(env, exports, "run", run);
  return exports;
}
