// Where the code of one object lies, for libraries that are preloaded: whether a call comes from it. ld.so(8)
#ifndef BSD_SOCKETS_TEST_SUPPORT_OBJECT_H
#define BSD_SOCKETS_TEST_SUPPORT_OBJECT_H

#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char* object = "";              // the end of the object's file name; empty: the program itself
static atomic_uintptr_t code_from, code_to;  // the addresses of its code

static int object_find(struct dl_phdr_info* info, size_t size, void* data) {
  (void)size;
  (void)data;
  const size_t length = strlen(info->dlpi_name);
  const size_t end = strlen(object);
  if (length < end || (end == 0 && length > 0) || strcmp(info->dlpi_name + length - end, object) != 0) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)* const segment = &info->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_X) == 0) continue;
    code_from = info->dlpi_addr + segment->p_vaddr;
    code_to = info->dlpi_addr + segment->p_vaddr + segment->p_memsz;
  }
  return 1;
}

// It may be loaded by this call.
void* dlopen(const char* file, int flags) {
  void* (*const real)(const char*, int) = (void* (*)(const char*, int))dlsym(RTLD_NEXT, "dlopen");
  void* const library = real(file, flags);
  dl_iterate_phdr(object_find, NULL);
  return library;
}

static bool object_calls(const void* caller) {
  const uintptr_t address = (uintptr_t)caller;
  return address >= code_from && address < code_to;
}

#endif
