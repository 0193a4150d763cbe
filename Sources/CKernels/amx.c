// The products on the tiles of AMX, beside the float32 kernels of AVX-512.

#define _GNU_SOURCE  // for syscall

#include "CKernels.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TARGET \
  __attribute__((target("amx-tile,amx-bf16,avx512f,avx512vl,avx512dq,avx512bw,fma"), \
                 min_vector_width(512)))
#define LANES 16  // floats in a vector
#define INLINE static inline TARGET __attribute__((always_inline))

/// What a thread tells the unit: eight tiles of 16 rows of 64 bytes.
typedef struct {
  unsigned char palette, startRow, reserved[14];
  unsigned short rowBytes[16];
  unsigned char rows[16];
} __attribute__((packed)) TileConfiguration;

static const TileConfiguration configuration = {
  .palette = 1,
  .rowBytes = {64, 64, 64, 64, 64, 64, 64, 64},
  .rows = {16, 16, 16, 16, 16, 16, 16, 16},
};

#define BEGIN_TILES _tile_loadconfig(&configuration)
#define END_TILES _tile_release()
#define TILES
#define ZERO(tile) _tile_zero(tile)
#define LOAD(tile, address, stride) _tile_loadd(tile, address, stride)
#define STORE(tile, address, stride) _tile_stored(tile, address, stride)
#define MULTIPLY(sums, left, right) _tile_dpbf16ps(sums, left, right)

#include "pixels.inc"
#include "winograd.inc"
#include "winograd-weights.inc"
#include "halves.inc"
#include "winograd-halves.inc"
#include "tiles.inc"

/// Whether the processor has the instructions, and the system saves the tiles of a thread.
static int hasTiles(void) {
  enum { tileInstructions = 1 << 24 | 1 << 22, savedTiles = 3 << 17, savesStates = 1 << 27 };
  unsigned a, b, c, d, low, high;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & savesStates)) return 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & savedTiles) == savedTiles && __get_cpuid_count(7, 0, &a, &b, &c, &d)
    && (d & tileInstructions) == tileInstructions;
}

/// Asks the system for the tiles, for all threads; it may refuse.
static int mayUseTiles(void) {
  enum { requestPermission = 0x1023, tileData = 18 };
  return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
}

const KernelLevel *kernelsAMX(void) {
  const KernelLevel *floats = kernelsAVX512();
  if (!floats || !hasTiles() || !mayUseTiles()) return NULL;
  return levelWithTiles("amx", floats);
}
#else
const KernelLevel *kernelsAMX(void) { return NULL; }
#endif
