// Allocation by malloc(3) only.
#ifndef BSD_SOCKETS_MEMORY_H
#define BSD_SOCKETS_MEMORY_H

#include <cstddef>
#include <cstdlib>
#include <new>

// A base for classes that are created by `new (std::nothrow)`. The C++ library's own operators can throw: linked
// statically, as in the prebuilt addons, they bring in the code for exceptions, which is as large as the whole addon.
struct Allocated {
  static void* operator new(size_t size, const std::nothrow_t&) noexcept { return malloc(size); }
  static void operator delete(void* memory) { free(memory); }
  static void operator delete(void* memory, const std::nothrow_t&) noexcept { free(memory); }
};

#endif
