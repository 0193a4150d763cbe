// For any processor: loops that the compiler vectorizes. The matrix product is left to OpenBLAS,
// which CKernels does not link: Tensors puts it into the table.

#include "CKernels.h"

#define LEVEL baseline
#define LEVEL_NAME "baseline"
#define TARGET
#define LANES 4  // floats in a vector
#define INLINE static inline TARGET __attribute__((always_inline))

#include "pixels.inc"
#include "probabilities.inc"
#include "sums.inc"
#include "rows.inc"
#include "rankings.inc"
#include "matrices.inc"
#include "winograd.inc"
#include "winograd-weights.inc"

#include "table.inc"

const KernelLevel *kernelsBaseline(void) { return &LEVEL; }
