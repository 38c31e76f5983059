// Runs a target of libFuzzer once for each file, without libFuzzer: for the compilers that lack it.
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t length);

static const char* current;

static void tell(int signal) {
  fprintf(stderr, "signal %d at the input %s\n", signal, current);
  _Exit(1);
}

int main(int count, char** files) {
  signal(SIGABRT, tell);
  static uint8_t bytes[1 << 20];
  for (int i = 1; i < count; i++) {
    FILE* file = fopen(files[i], "rb");
    if (file == NULL) return perror(files[i]), 2;
    const size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    // A copy of exactly this size, so that the sanitizer sees a read outside it.
    uint8_t* copy = malloc(length);
    for (size_t at = 0; at < length; at++) copy[at] = bytes[at];
    current = files[i];
    LLVMFuzzerTestOneInput(copy, length);
    free(copy);
  }
  printf("%d files\n", count - 1);
  return 0;
}
