// Only in the builds of test/sanitizers: deliberate faults. The environment variable SANITIZER_FAULT names the one that
// is committed when the program starts, or when the addon is loaded. Each net must report its faults.
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// The compiler does not know their values.
static volatile size_t eight = 8;
static char* volatile memory;
static volatile int result;
static int shared;

static void overflow(void) {
  memory = calloc(1, eight);
  memory[eight] = 1;
  free(memory);
}

static void stack_overflow(void) {
  char bytes[8] = {0};
  char* volatile all = bytes;
  all[eight] = 1;
}

static void use_after_free(void) {
  memory = calloc(1, eight);
  free(memory);
  result = memory[0];
}

static void shift(void) {
  result = 1 << (eight * 8);
}

static void signed_overflow(void) {
  result = INT32_MAX;
  result += (int)eight;
}

static void cast(void) {
  result = (int)(1e300 * (double)eight);
}

static void uninitialized(void) {
  memory = malloc(eight);
  if (memory[0] == 1) result = 1;
  free(memory);
}

static void leak(void) {
  memory = calloc(1000, eight);
  memory = NULL;
}

static void* count(void* unused) {
  for (int i = 0; i < 1000; i++) shared++;
  return unused;
}

static void race(void) {
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) {
    if (pthread_create(&threads[i], NULL, count, NULL) != 0) abort();
  }
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  result = shared;
}

static const struct {
  const char* name;
  void (*commit)(void);
} faults[] = {
    {"overflow", overflow},
    {"stack-overflow", stack_overflow},
    {"use-after-free", use_after_free},
    {"shift", shift},
    {"signed-overflow", signed_overflow},
    {"cast", cast},
    {"uninitialized", uninitialized},
    {"leak", leak},
    {"race", race},
};

// Beside AddressSanitizer, UndefinedBehaviorSanitizer ignores its own option log_path.
static void set_report_path(void) {
  const char* path = getenv("UBSAN_REPORTS");
  void* library = dlopen("libubsan.so.1", RTLD_LAZY | RTLD_NOLOAD);
  if (path == NULL || library == NULL) return;
  void (*set)(const char*);
  *(void**)&set = dlsym(library, "__sanitizer_set_report_path");
  set(path);
}

__attribute__((constructor)) static void commit(void) {
  set_report_path();
  const char* name = getenv("SANITIZER_FAULT");
  if (name == NULL || strcmp(name, "none") == 0) return;
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    if (strcmp(faults[i].name, name) == 0) {
      faults[i].commit();
      return;
    }
  }
  abort();  // no such fault
}
