// Counts live bytes through the hooks of the address sanitizer. In C, because a hook is called
// from within malloc and must not allocate.
#define _GNU_SOURCE
#include "CFuzzing.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void *, size_t),
                                              void (*free_hook)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *);
void __sanitizer_print_stack_trace(void);

#define HOOK __attribute__((no_sanitize("address", "coverage")))

// Per thread: the readers are single-threaded, and libFuzzer's own thread must not count.
static _Thread_local bool counting;
static _Thread_local ptrdiff_t live, peak, limit;

HOOK static void allocated(const volatile void *start, size_t size) {
  if (!counting) return;
  live += (ptrdiff_t)size;
  if (live <= peak) return;
  peak = live;
  if (peak <= limit) return;
  counting = false;
  fprintf(stderr, "MEMORY: %td bytes live at once, at most %td allowed\n", peak, limit);
  __sanitizer_print_stack_trace();
  abort();
}

HOOK static void freed(const volatile void *start) {
  if (counting && start) live -= (ptrdiff_t)__sanitizer_get_allocated_size(start);
}

HOOK void fuzzing_limit_memory(size_t bytes) {
  static bool installed;
  if (!installed) __sanitizer_install_malloc_and_free_hooks(allocated, freed);
  installed = true;
  live = peak = 0;
  limit = (ptrdiff_t)bytes;
  counting = true;
}

HOOK void fuzzing_end_limit(void) { counting = false; }

int fuzzing_memory_file(void) { return memfd_create("input", 0); }

/// Swift marks pointers in enums with bits of their own, behind which the sanitizer does not see
/// what a lazily initialized global holds.
const char *__lsan_default_suppressions(void) { return "leak:_WZ\n"; }

/// Of the sanitizer's time, most goes into long stacks, a large quarantine and copies of frames.
const char *__asan_default_options(void) {
  return "malloc_context_size=6:quarantine_size_mb=16:detect_stack_use_after_return=0";
}
