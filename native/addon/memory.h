// Where memory comes from: malloc(3) alone.
#ifndef BSD_SOCKETS_MEMORY_H
#define BSD_SOCKETS_MEMORY_H

#include <cstddef>
#include <cstdlib>
#include <new>

// A base for what is made by `new (std::nothrow)`. The C++ library's own operators can throw, and where it is linked
// statically, as in the prebuilt addons, all that an exception needs comes with them: as much as the whole addon.
struct Allocated {
  static void* operator new(size_t size, const std::nothrow_t&) noexcept { return malloc(size); }
  static void operator delete(void* memory) { free(memory); }
  static void operator delete(void* memory, const std::nothrow_t&) noexcept { free(memory); }
};

#endif
