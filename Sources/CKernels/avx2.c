#include <stddef.h>

#include "CKernels.h"

#if defined(__x86_64__)
#define TABLE avx2Table
#define LEVEL_NAME "avx2"
#define TARGET __attribute__((target("avx2,fma")))
#define LANES 8
#define ROWS 6
#define HAS_PRODUCT
#define INLINE static inline TARGET __attribute__((always_inline))

#include "probabilities.h"
#include "transforms.h"
#include "product.h"
#include "table.h"

const KernelTable *kernelsAVX2(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2Table : NULL;
}
#else
const KernelTable *kernelsAVX2(void) { return NULL; }
#endif
