#include <stddef.h>

#include "CKernels.h"

#if defined(__x86_64__)
#define TABLE avx512Table
#define LEVEL_NAME "avx512"
#define TARGET \
  __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma"), min_vector_width(512)))
#define LANES 16
#define ROWS 14
#define HAS_PRODUCT
#define INLINE static inline TARGET __attribute__((always_inline))

#include "probabilities.h"
#include "transforms.h"
#include "product.h"
#include "table.h"

const KernelTable *kernelsAVX512(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("fma")
      ? &avx512Table
      : NULL;
}
#else
const KernelTable *kernelsAVX512(void) { return NULL; }
#endif
