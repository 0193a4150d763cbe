#include "CKernels.h"

#if defined(__x86_64__)
#define LEVEL avx2
#define LEVEL_NAME "avx2"
#define TARGET __attribute__((target("avx2,fma")))
#define LANES 8  // floats in a vector
#define ROWS 6   // rows of a product's block: with its columns, as many as registers hold
#define HAS_PRODUCT
#define INLINE static inline TARGET __attribute__((always_inline))

#include "pixels.inc"
#include "probabilities.inc"
#include "sums.inc"
#include "rows.inc"
#include "rankings.inc"
#include "matrices.inc"
#include "product.inc"
#include "winograd.inc"
#include "winograd-weights.inc"

#include "table.inc"

const KernelLevel *kernelsAVX2(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &LEVEL : NULL;
}
#else
const KernelLevel *kernelsAVX2(void) { return NULL; }
#endif
