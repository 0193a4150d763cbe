// The transforms of F(4×4, 3×3) and the elementwise kernels, included once for each instruction
// set. Channels are taken in groups that stay in the first cache; loops over them become vectors.

#include <string.h>

#include "CKernels.h"

enum { group = 64 };

static const float zeros[group];

INLINE long smaller(long a, long b) { return a < b ? a : b; }

/// Where a tile lies.
typedef struct {
  long firstPixel;  // of its image
  long y, x;        // of its first output pixel
} Tile;

INLINE Tile tileAt(long tile, long side) {
  const long across = side / 4, perImage = across * across;
  const long image = tile / perImage, inside = tile % perImage;
  return (Tile){image * side * side, inside / across * 4, inside % across * 4};
}

// MARK: One-dimensional transforms of n channels, from and to rows of them

/// Bᵀ d
INLINE void transform6(const float *const d[6], float *restrict out, long stride, long n) {
  const float *restrict d0 = d[0], *restrict d1 = d[1], *restrict d2 = d[2];
  const float *restrict d3 = d[3], *restrict d4 = d[4], *restrict d5 = d[5];
  for (long c = 0; c < n; c++) {
    const float even = d4[c] - 4 * d2[c], odd = d3[c] - 4 * d1[c];
    const float even2 = d4[c] - d2[c], odd2 = 2 * (d3[c] - d1[c]);
    out[c] = 4 * d0[c] - 5 * d2[c] + d4[c];
    out[stride + c] = even + odd;
    out[2 * stride + c] = even - odd;
    out[3 * stride + c] = even2 + odd2;
    out[4 * stride + c] = even2 - odd2;
    out[5 * stride + c] = 4 * d1[c] - 5 * d3[c] + d5[c];
  }
}

/// A d
INLINE void transform4to6(const float *const d[4], float *restrict out, long stride, long n) {
  const float *restrict d0 = d[0], *restrict d1 = d[1];
  const float *restrict d2 = d[2], *restrict d3 = d[3];
  for (long c = 0; c < n; c++) {
    const float even = d0[c] + d2[c], odd = d1[c] + d3[c];
    const float even2 = d0[c] + 4 * d2[c], odd2 = 2 * d1[c] + 8 * d3[c];
    out[c] = d0[c];
    out[stride + c] = even + odd;
    out[2 * stride + c] = even - odd;
    out[3 * stride + c] = even2 + odd2;
    out[4 * stride + c] = even2 - odd2;
    out[5 * stride + c] = d3[c];
  }
}

/// Aᵀ m
INLINE void transform6to4(
  const float *restrict m, long stride, float *restrict out, long outStride, long n) {
  for (long c = 0; c < n; c++) {
    const float m1 = m[stride + c], m2 = m[2 * stride + c];
    const float m3 = m[3 * stride + c], m4 = m[4 * stride + c];
    const float sum = m1 + m2, difference = m1 - m2, sum2 = m3 + m4, difference2 = m3 - m4;
    out[c] = m[c] + sum + sum2;
    out[outStride + c] = difference + 2 * difference2;
    out[2 * outStride + c] = sum + 4 * sum2;
    out[3 * outStride + c] = difference + 8 * difference2 + m[5 * stride + c];
  }
}

/// G g
INLINE void transform3to6(const float *const g[3], float *restrict out, long stride, long n) {
  const float *restrict g0 = g[0], *restrict g1 = g[1], *restrict g2 = g[2];
  for (long c = 0; c < n; c++) {
    const float even = g0[c] + g2[c], even2 = g0[c] + 4 * g2[c];
    out[c] = g0[c] * (1.0f / 4);
    out[stride + c] = (even + g1[c]) * (-1.0f / 6);
    out[2 * stride + c] = (even - g1[c]) * (-1.0f / 6);
    out[3 * stride + c] = (even2 + 2 * g1[c]) * (1.0f / 24);
    out[4 * stride + c] = (even2 - 2 * g1[c]) * (1.0f / 24);
    out[5 * stride + c] = g2[c];
  }
}

/// Gᵀ u
INLINE void transform6to3(
  const float *restrict u, long stride, float *restrict out, long outStride, long n) {
  for (long c = 0; c < n; c++) {
    const float sum = u[stride + c] + u[2 * stride + c];
    const float difference = u[stride + c] - u[2 * stride + c];
    const float sum2 = u[3 * stride + c] + u[4 * stride + c];
    const float difference2 = u[3 * stride + c] - u[4 * stride + c];
    out[c] = u[c] * (1.0f / 4) - sum * (1.0f / 6) + sum2 * (1.0f / 24);
    out[outStride + c] = difference2 * (1.0f / 12) - difference * (1.0f / 6);
    out[2 * outStride + c] = (sum2 - sum) * (1.0f / 6) + u[5 * stride + c];
  }
}

// MARK: Reading

/// The n channels of a pixel from c on, as the source is read: in place, or in `buffer`.
INLINE const float *readPixel(
  const KernelSource *source, long pixel, long c, long n, float *restrict buffer) {
  const float *restrict values = source->values + pixel * source->channels + c;
  if (!source->scale) return values;
  const float *restrict scale = source->scale + c, *restrict shift = source->shift + c;
  for (long i = 0; i < n; i++) {
    const float value = values[i] * scale[i] + shift[i];
    buffer[i] = value < 0 ? 0 : value;
  }
  return buffer;
}

static TARGET void readPixels(
  const KernelSource *source, long firstPixel, long pixelCount, float *pixels) {
  const long channels = source->channels;
  for (long i = 0; i < pixelCount; i++) {
    float *out = pixels + i * channels;
    const float *in = readPixel(source, firstPixel + i, 0, channels, out);
    if (in != out) memcpy(out, in, 4 * channels);
  }
}

static TARGET void transformInput(
  const KernelSource *source, long firstTile, long tileCount, float *tiles, long positionStride) {
  const long side = source->side, channels = source->channels;
  float pixels[6][group], columns[6][6][group];
  for (long i = 0; i < tileCount; i++) {
    const Tile tile = tileAt(firstTile + i, side);
    for (long c = 0; c < channels; c += group) {
      const long n = smaller(group, channels - c);
      for (long column = 0; column < 6; column++) {
        const long x = tile.x + column - 1;
        const float *d[6];
        for (long row = 0; row < 6; row++) {
          const long y = tile.y + row - 1;
          const int isInside = x >= 0 && x < side && y >= 0 && y < side;
          d[row] = isInside
            ? readPixel(source, tile.firstPixel + y * side + x, c, n, pixels[row])
            : zeros;
        }
        transform6(d, columns[0][column], 6 * group, n);
      }
      for (long row = 0; row < 6; row++) {
        const float *d[6];
        for (long column = 0; column < 6; column++) d[column] = columns[row][column];
        float *out = tiles + 6 * row * positionStride + i * channels + c;
        transform6(d, out, positionStride, n);
      }
    }
  }
}

static TARGET void transformOutputGradient(
  const KernelSource *source, long firstTile, long tileCount, float *tiles, long positionStride) {
  const long side = source->side, channels = source->channels;
  float pixels[4][group], columns[6][4][group];
  for (long i = 0; i < tileCount; i++) {
    const Tile tile = tileAt(firstTile + i, side);
    for (long c = 0; c < channels; c += group) {
      const long n = smaller(group, channels - c);
      for (long column = 0; column < 4; column++) {
        const float *d[4];
        for (long row = 0; row < 4; row++) {
          const long pixel = tile.firstPixel + (tile.y + row) * side + tile.x + column;
          d[row] = readPixel(source, pixel, c, n, pixels[row]);
        }
        transform4to6(d, columns[0][column], 4 * group, n);
      }
      for (long row = 0; row < 6; row++) {
        const float *d[4];
        for (long column = 0; column < 4; column++) d[column] = columns[row][column];
        float *out = tiles + 6 * row * positionStride + i * channels + c;
        transform4to6(d, out, positionStride, n);
      }
    }
  }
}

// MARK: Writing

/// Sums of a few pixels, in Float; `sums` takes them in Double.
typedef struct {
  float values[group];
  float products[group];
} Sums;

INLINE void addSums(const KernelTarget *target, const Sums *sums, long c, long n) {
  double *restrict values = target->sums + c;
  double *restrict products = target->sums + target->channels + c;
  for (long i = 0; i < n; i++) values[i] += sums->values[i];
  for (long i = 0; i < n; i++) products[i] += sums->products[i];
}

/// Takes the target's steps with n channels of a pixel from c on, which are in v, and writes them.
INLINE void finishPixel(
  const KernelTarget *target, long pixel, long c, long n, float *restrict v, Sums *restrict sums) {
  const long at = pixel * target->channels + c;
  float *restrict out = target->values + at;
  if (target->addend) {
    const float *restrict addend = target->addend + at;
    for (long i = 0; i < n; i++) v[i] += addend[i];
  }
  if (target->bias) {
    const float *restrict bias = target->bias + c;
    for (long i = 0; i < n; i++) v[i] += bias[i];
  }
  if (target->rectifies)
    for (long i = 0; i < n; i++) v[i] = v[i] < 0 ? 0 : v[i];
  if (target->gate) {
    const float *restrict gate = target->gate + at, *restrict mean = target->gateMean + c;
    const float *restrict scale = target->gateScale + c, *restrict shift = target->gateShift + c;
    for (long i = 0; i < n; i++) {
      v[i] = gate[i] * scale[i] + shift[i] <= 0 ? 0 : v[i];
      sums->values[i] += v[i];
      sums->products[i] += v[i] * (gate[i] - mean[i]);
    }
  } else if (target->sums) {
    const float *restrict pivot = target->pivot ? target->pivot + c : zeros;
    for (long i = 0; i < n; i++) {
      const float value = v[i] - pivot[i];
      sums->values[i] += value;
      sums->products[i] += value * value;
    }
  }
  for (long i = 0; i < n; i++) out[i] = v[i];
}

static TARGET void finish(
  const KernelTarget *target, long firstPixel, long pixelCount, long firstChannel,
  long channelCount) {
  const long end = firstChannel + channelCount;
  float v[group];
  for (long first = 0; first < pixelCount; first += 16) {
    const long count = smaller(16, pixelCount - first);
    for (long c = firstChannel; c < end; c += group) {
      const long n = smaller(group, end - c);
      Sums sums = {0};
      for (long i = 0; i < count; i++) {
        const long pixel = firstPixel + first + i;
        memcpy(v, target->values + pixel * target->channels + c, 4 * n);
        finishPixel(target, pixel, c, n, v, &sums);
      }
      if (target->sums) addSums(target, &sums, c, n);
    }
  }
}

static TARGET void transformOutput(
  const float *products, long positionStride, long rowStride, const KernelTarget *target,
  long firstTile, long tileCount) {
  const long side = target->side, channels = target->channels;
  float rows[4][6][group], pixels[4][group];
  for (long i = 0; i < tileCount; i++) {
    const Tile tile = tileAt(firstTile + i, side);
    for (long c = 0; c < channels; c += group) {
      const long n = smaller(group, channels - c);
      Sums sums = {0};
      for (long column = 0; column < 6; column++) {
        const float *m = products + column * positionStride + i * rowStride + c;
        transform6to4(m, 6 * positionStride, rows[0][column], 6 * group, n);
      }
      for (long row = 0; row < 4; row++) {
        transform6to4(rows[row][0], group, pixels[0], group, n);
        const long pixel = tile.firstPixel + (tile.y + row) * side + tile.x;
        for (long column = 0; column < 4; column++)
          finishPixel(target, pixel + column, c, n, pixels[column], &sums);
      }
      if (target->sums) addSums(target, &sums, c, n);
    }
  }
}

// MARK: Weights

/// Transforms n ≤ width columns of taps[tap · tapStride] to a row of each position's panel.
INLINE void transformTaps(
  const float *taps, long tapStride, float *out, long positionStride, long n, long width) {
  float columns[6][3][group];
  for (long c = 0; c < n; c += group) {
    const long count = smaller(group, n - c);
    for (long column = 0; column < 3; column++) {
      const float *g[3];
      for (long row = 0; row < 3; row++) g[row] = taps + (3 * row + column) * tapStride + c;
      transform3to6(g, columns[0][column], 3 * group, count);
    }
    for (long row = 0; row < 6; row++) {
      const float *g[3] = {columns[row][0], columns[row][1], columns[row][2]};
      transform3to6(g, out + 6 * row * positionStride + c, positionStride, count);
    }
  }
  if (n == width) return;
  for (long position = 0; position < 36; position++)
    memset(out + position * positionStride + n, 0, 4 * (width - n));
}

static TARGET void transformWeights(
  const float *weights, long inputs, long outputs, long firstInput, long inputCount,
  float *panels, long width, long positionStride) {
  const long panelCount = (outputs + width - 1) / width;
  for (long panel = 0; panel < panelCount; panel++) {
    const long n = smaller(width, outputs - panel * width);
    for (long input = firstInput; input < firstInput + inputCount; input++)
      transformTaps(
        weights + input * outputs + panel * width, inputs * outputs,
        panels + (panel * inputs + input) * width, positionStride, n, width);
  }
}

static TARGET void transformTurnedWeights(
  const float *weights, long inputs, long outputs, long firstOutput, long outputCount,
  float *panels, long width, long positionStride) {
  enum { rows = 64, columns = 16 };
  float taps[rows][9][columns];
  for (long c = 0; c < inputs; c += columns) {
    const long n = smaller(columns, inputs - c), panel = c / width;
    const int endsPanel = c + n == inputs || (c + n) % width == 0;
    const long space = endsPanel ? (panel + 1) * width - c : n;
    for (long first = firstOutput; first < firstOutput + outputCount; first += rows) {
      const long count = smaller(rows, firstOutput + outputCount - first);
      for (long tap = 0; tap < 9; tap++)
        for (long i = 0; i < n; i++) {
          const float *in = weights + ((8 - tap) * inputs + c + i) * outputs + first;
          for (long row = 0; row < count; row++) taps[row][tap][i] = in[row];
        }
      for (long row = 0; row < count; row++)
        transformTaps(
          taps[row][0], columns, panels + (panel * outputs + first + row) * width + c % width,
          positionStride, n, space);
    }
  }
}

static TARGET void transformWeightGradient(
  const float *products, long positionStride, long rowStride, long inputs, long outputs,
  long firstInput, long inputCount, float *gradient) {
  float rows[3][6][group];
  for (long input = firstInput; input < firstInput + inputCount; input++)
    for (long c = 0; c < outputs; c += group) {
      const long n = smaller(group, outputs - c);
      for (long column = 0; column < 6; column++) {
        const float *u = products + column * positionStride + input * rowStride + c;
        transform6to3(u, 6 * positionStride, rows[0][column], 6 * group, n);
      }
      for (long row = 0; row < 3; row++) {
        float *out = gradient + (3 * row * inputs + input) * outputs + c;
        transform6to3(rows[row][0], group, out, inputs * outputs, n);
      }
    }
}

// MARK: Batch normalization

static TARGET void normalizationGradient(
  float *gradient, const float *input, const float *addend, const float *coefficients,
  long channels, long rows) {
  const float *restrict slope = coefficients, *restrict tilt = coefficients + channels;
  const float *restrict offset = coefficients + 2 * channels;
  for (long row = 0; row < rows; row++) {
    float *restrict g = gradient + row * channels;
    const float *restrict x = input + row * channels;
    for (long c = 0; c < channels; c++) g[c] = slope[c] * g[c] + (tilt[c] * x[c] + offset[c]);
    if (!addend) continue;
    const float *restrict a = addend + row * channels;
    for (long c = 0; c < channels; c++) g[c] += a[c];
  }
}
