// The products on tiles with the instructions of AMX computed by AVX2, so that the rest of their code
// can be tested without them.

#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define LANES 8  // floats in a vector
#define INLINE static inline TARGET __attribute__((always_inline))

#include "pixels.inc"
#include "winograd.inc"
#include "winograd-weights.inc"
#include "halves.inc"
#include "winograd-halves.inc"

typedef struct {
  uint32_t rows[tileSide][tileSide];
} EmulatedTile;

INLINE void loadTile(EmulatedTile *tile, const void *address, ptrdiff_t stride) {
  for (ptrdiff_t row = 0; row < tileSide; row++)
    memcpy(tile->rows[row], (const char *)address + row * stride, sizeof tile->rows[row]);
}

INLINE void storeTile(const EmulatedTile *tile, void *address, ptrdiff_t stride) {
  for (ptrdiff_t row = 0; row < tileSide; row++)
    memcpy((char *)address + row * stride, tile->rows[row], sizeof tile->rows[row]);
}

/// TDPBF16PS as Intel's manual defines it: for each sum, the products of the first numbers of all
/// pairs are added up in order, those of the second numbers likewise, each with one rounding; then
/// both are added, and the result to the sum.
///
/// Not inlined, so that no arithmetic moves to where denormal numbers are not zeros.
static TARGET __attribute__((noinline)) void multiplyPairs(
  EmulatedTile *sums, const EmulatedTile *left, const EmulatedTile *right) {
  for (ptrdiff_t row = 0; row < tileSide; row++) {
    float first[tileSide] = {0}, second[tileSide] = {0};
    for (ptrdiff_t k = 0; k < tileSide; k++) {
      const uint32_t pair = left->rows[row][k];
      const float a = numberOf(pair << 16), b = numberOf(pair & 0xffff0000);
      const uint32_t *restrict columns = right->rows[k];
      for (ptrdiff_t n = 0; n < tileSide; n++) {
        first[n] = __builtin_fmaf(a, numberOf(columns[n] << 16), first[n]);
        second[n] = __builtin_fmaf(b, numberOf(columns[n] & 0xffff0000), second[n]);
      }
    }
    for (ptrdiff_t n = 0; n < tileSide; n++)
      sums->rows[row][n] = bitsOf(numberOf(sums->rows[row][n]) + (first[n] + second[n]));
  }
}

/// The instruction takes denormal numbers for zeros, and rounds to nearest whatever the thread does.
INLINE void multiplyEmulated(
  EmulatedTile *sums, const EmulatedTile *left, const EmulatedTile *right) {
  enum { denormalsAreZeros = 0x8040, allExceptionsMasked = 0x1f80 };
  const unsigned mode = _mm_getcsr();
  _mm_setcsr(denormalsAreZeros | allExceptionsMasked);
  multiplyPairs(sums, left, right);
  _mm_setcsr(mode);
}

#define BEGIN_TILES
#define END_TILES
#define TILES EmulatedTile tiles[8];
#define ZERO(tile) memset(&tiles[tile], 0, sizeof tiles[tile])
#define LOAD(tile, address, stride) loadTile(&tiles[tile], address, stride)
#define STORE(tile, address, stride) storeTile(&tiles[tile], address, stride)
#define MULTIPLY(sums, left, right) multiplyEmulated(&tiles[sums], &tiles[left], &tiles[right])

#include "tiles.inc"

const KernelLevel *kernelsEmulatedAMX(void) {
  const KernelLevel *floats = kernelsAVX512() ? kernelsAVX512() : kernelsAVX2();
  if (!floats) return NULL;
  return levelWithTiles("amx-emulated", floats);
}
#else
const KernelLevel *kernelsEmulatedAMX(void) { return NULL; }
#endif
