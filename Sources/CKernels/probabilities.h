// Means, the exponential and the logarithm in Float64, included once for each instruction set.
// Loops over classes become vectors; without fused multiplications and with sums over fixed lanes
// they give the same bits at every level.

#include <stdint.h>
#include <string.h>

#include "CKernels.h"

#define ROUND_EVERY_PRODUCT _Pragma("STDC FP_CONTRACT OFF")

enum { lanes = 8 };

INLINE uint64_t bitsOf(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

INLINE double doubleOf(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/// exp(x) for x ≤ 0, to 1.1 units in the last place: 2^k · exp(r) with |r| ≤ ln(2)/2.
///
/// exp(r) = 1 + r + r² · q(r), q the polynomial of least relative error.
INLINE double exponential(double x) {
  ROUND_EVERY_PRODUCT
  const double rounder = 0x1.8p52;       // leaves the nearest whole number in the last bits
  x = x < -746 ? -746 : x;               // where exp(x) rounds to 0
  const double shifted = x * 0x1.71547652b82fep0 + rounder;
  const double k = shifted - rounder;
  // ln 2 in two parts, the first short enough for an exact product.
  const double r = x - k * 0x1.62e42feep-1 - k * 0x1.a39ef35793c76p-33;
  const double r2 = r * r, r4 = r2 * r2;
  const double q0 = 0x1.0000000000009p-1 + r * 0x1.5555555555558p-3;
  const double q2 = 0x1.55555555503f4p-5 + r * 0x1.111111110f808p-7;
  const double q4 = 0x1.6c16c185fdf71p-10 + r * 0x1.a01a01b009bf4p-13;
  const double q6 = 0x1.a01993bea2625p-16 + r * 0x1.71ddf6bacdde1p-19;
  const double q8 = 0x1.28b40653e0bc5p-22 + r * 0x1.af631de754d99p-26;
  const double q = q0 + r2 * q2 + r4 * (q4 + r2 * q6 + r4 * q8);
  // 2^k in two factors, since k reaches below the exponents of normal numbers.
  const uint64_t exponents = bitsOf(shifted) - bitsOf(rounder) + 2 * 1023;
  const uint64_t half = exponents >> 1;
  return (1 + (r + r2 * q)) * doubleOf(half << 52) * doubleOf((exponents - half) << 52);
}

/// log(x) for a normal x > 0, to 0.9 units in the last place: n · ln(2) + log(1 + f) with 1 + f in
/// [√½, √2).
///
/// With s = f / (2 + f), log(1 + f) = f − f²/2 + s · (f²/2 + s² · p(s²)), p as q above.
INLINE double logarithm(double x) {
  ROUND_EVERY_PRODUCT
  const uint64_t bits = bitsOf(x), rootOfHalf = 0x3fe6a09e667f3bcc, bias = 1024;
  const uint64_t biased = (bits - rootOfHalf + (bias << 52)) >> 52;  // n + 1024
  const double f = doubleOf(bits - ((biased - bias) << 52)) - 1;
  const double n = doubleOf(biased | bitsOf(0x1p52)) - (0x1p52 + bias);
  const double s = f / (2 + f), z = s * s, z2 = z * z;
  const double p0 = 0x1.555555555557cp-1 + z * 0x1.99999999847c9p-2;
  const double p2 = 0x1.2492493faf7ebp-2 + z * 0x1.c71c52bc845d0p-3;
  const double p4 = 0x1.7466484ed6f9fp-3 + z * 0x1.399d1d1a5055ep-3;
  const double p = p0 + z2 * p2 + z2 * z2 * (p4 + z2 * 0x1.2f517525b6484p-3);
  const double square = 0.5 * f * f;
  const double low = s * (square + z * p) + n * 0x1.a39ef35793c76p-33;
  return n * 0x1.62e42feep-1 - ((square - low) - f);
}

INLINE double larger(double a, double b) { return a > b ? a : b; }

INLINE long indexOfLargest(const double *values, long count) {
  double tops[lanes], top = values[0];
  for (int lane = 0; lane < lanes; lane++) tops[lane] = top;
  long i = 0;
  for (; i + lanes <= count; i += lanes)
    for (int lane = 0; lane < lanes; lane++) tops[lane] = larger(values[i + lane], tops[lane]);
  for (int lane = 0; lane < lanes; lane++) top = larger(tops[lane], top);
  for (; i < count; i++) top = larger(values[i], top);
  // Eight at a time up to those among which it is.
  for (i = 0; i + lanes <= count; i += lanes) {
    int isHere = 0;
    for (int lane = 0; lane < lanes; lane++) isHere |= values[i + lane] == top;
    if (isHere) break;
  }
  while (i < count - 1 && values[i] != top) i++;
  return i;
}

INLINE double sumOf(const double *values, long count) {
  double sums[lanes] = {0};
  long i = 0;
  for (; i + lanes <= count; i += lanes)
    for (int lane = 0; lane < lanes; lane++) sums[lane] += values[i + lane];
  for (int lane = 0; i < count; i++, lane++) sums[lane] += values[i];
  for (int step = lanes / 2; step > 0; step /= 2)
    for (int lane = 0; lane < step; lane++) sums[lane] += sums[lane + step];
  return sums[0];
}

static TARGET double softmaxNumerators(
  const double *restrict logits, long classes, double scale, double *restrict numerators,
  long *largest) {
  ROUND_EVERY_PRODUCT
  const long first = indexOfLargest(logits, classes);
  const double top = logits[first];
  // The last eight overlap those before, so that no class goes alone.
  const long vectors = classes < lanes ? 0 : (classes + lanes - 1) / lanes;
  for (long i = 0; i < vectors; i++) {
    const long c = (i + 1) * lanes <= classes ? i * lanes : classes - lanes;
    for (int lane = 0; lane < lanes; lane++)
      numerators[c + lane] = exponential(scale * (logits[c + lane] - top));
  }
  if (vectors == 0)
    for (long c = 0; c < classes; c++) numerators[c] = exponential(scale * (logits[c] - top));
  numerators[first] = 0;
  const double rest = sumOf(numerators, classes);
  numerators[first] = 1;
  *largest = first;
  return rest;
}

static TARGET void logarithms(
  const double *restrict numbers, long count, double *restrict logarithms) {
  for (long i = 0; i < count; i++) logarithms[i] = logarithm(numbers[i]);
}

static TARGET void widen(const float *restrict numbers, long count, double *restrict results) {
  for (long i = 0; i < count; i++) results[i] = numbers[i];
}

static TARGET void meanOfRows(
  const float *restrict rows, long rowCount, long count, double *restrict means) {
  ROUND_EVERY_PRODUCT
  for (long i = 0; i < count; i++) means[i] = rows[i];
  for (long row = 1; row < rowCount; row++)
    for (long i = 0; i < count; i++) means[i] += rows[row * count + i];
  // Exact for a power of two, and several times as fast as dividing.
  const double share = 1.0 / rowCount;
  if ((rowCount & (rowCount - 1)) == 0)
    for (long i = 0; i < count; i++) means[i] *= share;
  else
    for (long i = 0; i < count; i++) means[i] /= rowCount;
}
