// For any processor: loops that the compiler vectorizes; the matrix product is a library's.

#define TABLE baselineTable
#define LEVEL_NAME "baseline"
#define TARGET
#define INLINE static inline TARGET __attribute__((always_inline))

#include "probabilities.h"
#include "transforms.h"
#include "table.h"

const KernelTable *kernelsBaseline(void) { return &baselineTable; }
