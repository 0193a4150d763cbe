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

/// A row of a tile, as numbers and as bits.
typedef float TileRow __attribute__((vector_size(4 * tileSide)));
typedef uint32_t TileRowBits __attribute__((vector_size(4 * tileSide), aligned(4)));

INLINE void loadTile(EmulatedTile *tile, const void *address, ptrdiff_t stride) {
  for (ptrdiff_t row = 0; row < tileSide; row++)
    memcpy(tile->rows[row], (const char *)address + row * stride, sizeof tile->rows[row]);
}

INLINE void storeTile(const EmulatedTile *tile, void *address, ptrdiff_t stride) {
  for (ptrdiff_t row = 0; row < tileSide; row++)
    memcpy((char *)address + row * stride, tile->rows[row], sizeof tile->rows[row]);
}

/// A row of a tile, as numbers and as bits.
typedef float TileRow __attribute__((vector_size(4 * tileSide)));
typedef uint32_t TileRowBits __attribute__((vector_size(4 * tileSide), aligned(4)));

/// The numbers of a tile's pairs: of each row, the first ones and the second ones.
typedef struct {
  TileRow rows[tileSide][2];
} TileNumbers;

INLINE void readPairs(const EmulatedTile *tile, TileNumbers *numbers) {
  for (ptrdiff_t row = 0; row < tileSide; row++) {
    const TileRowBits pairs = *(const TileRowBits *)tile->rows[row];
    numbers->rows[row][0] = (TileRow)(pairs << 16);
    numbers->rows[row][1] = (TileRow)(pairs & 0xffff0000);
  }
}

/// TDPBF16PS as Intel's manual defines it: for each sum, the products of the first numbers of all
/// pairs are added up in order, those of the second numbers likewise, each with one rounding; then
/// both are added, and the result to the sum.
///
/// Not inlined, so that no arithmetic moves to where denormal numbers are not zeros.
static TARGET __attribute__((noinline)) void multiplyPairs(
  EmulatedTile *sums, const EmulatedTile *left, const EmulatedTile *right) {
  enum { rows = 2 };  // whose sums stay in registers
  TileNumbers factors, columns;
  readPairs(left, &factors);
  readPairs(right, &columns);
  for (ptrdiff_t row = 0; row < tileSide; row += rows) {
    TileRow products[rows][2] = {0};
    for (ptrdiff_t k = 0; k < tileSide; k++)
      for (ptrdiff_t i = 0; i < rows; i++)
        for (ptrdiff_t half = 0; half < 2; half++) {
          const float *const numbers = (const float *)&factors.rows[row + i][half];
          products[i][half] = __builtin_elementwise_fma(
            numbers[k] - (TileRow){0}, columns.rows[k][half], products[i][half]);
        }
    for (ptrdiff_t i = 0; i < rows; i++) {
      TileRowBits *const sum = (TileRowBits *)sums->rows[row + i];
      *sum = (TileRowBits)((TileRow)*sum + (products[i][0] + products[i][1]));
    }
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
