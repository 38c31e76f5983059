// To be preloaded: makes one allocation of the addon fail, the one whose number is FAIL_ALLOCATION. The file
// ALLOCATIONS is mapped and holds the number of the addon's allocations as a long: mapped, since Bun ends without
// calling destructors. Allocations of the runtime and of the C library do not fail. ld.so(8), glibc
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../object.h"

void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);

static atomic_long unmapped;
static atomic_long* made = &unmapped;
static long failing;

static int fails(const void* caller) {
  if (!object_calls(caller) || ++*made != failing) return 0;
  errno = ENOMEM;
  return 1;
}

void* malloc(size_t size) {
  return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void* realloc(void* memory, size_t size) {
  return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, size);
}

__attribute__((constructor)) static void begin(void) {
  object = "bsd_sockets.node";
  const char* const number = getenv("FAIL_ALLOCATION");
  if (number != NULL) failing = atol(number);
  const char* const name = getenv("ALLOCATIONS");
  const int file = name == NULL ? -1 : open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return;
  if (ftruncate(file, sizeof *made) == 0) {
    void* const memory = mmap(NULL, sizeof *made, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory != MAP_FAILED) made = memory;
  }
  close(file);
}
