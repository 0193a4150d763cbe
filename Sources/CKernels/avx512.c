#include "CKernels.h"

#if defined(__x86_64__)
#define LEVEL avx512
#define LEVEL_NAME "avx512"
#define TARGET \
  __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma"), min_vector_width(512)))
#define LANES 16  // floats in a vector
#define ROWS 14   // rows of a product's block: with its columns, as many as registers hold
#define HAS_PRODUCT
#define HAS_STRIDED
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
#include "winograd-strided.inc"

#include "table.inc"

const KernelLevel *kernelsAVX512(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("fma")
      ? &LEVEL
      : NULL;
}
#else
const KernelLevel *kernelsAVX512(void) { return NULL; }
#endif
