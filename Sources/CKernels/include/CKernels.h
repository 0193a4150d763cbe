// The engine's inner loops. A tile is a 4×4 square of output pixels; Winograd's F(4×4, 3×3)
// (Lavin and Gray 2016) turns it into 36 positions, at each of which the convolution is a matrix
// product over channels. Images are square, channels last, and their side is a multiple of 4
// wherever tiles are spoken of. Tiles are counted over all images of a batch, row by row.

#ifndef CKERNELS_H
#define CKERNELS_H

/// Images as a layer reads them.
typedef struct {
  const float *values;  // [images, side, side, channels]
  long side;
  long channels;
  /// [channels]: values are read as max(0, value · scale + shift), where NaN stays NaN. NULL: as
  /// they are.
  const float *scale;
  const float *shift;
} KernelSource;

/// Images as a layer writes them: what it computed, changed by each step that is not NULL or 0, in
/// the order of the fields.
typedef struct {
  float *values;  // [images, side, side, channels]
  long side;
  long channels;
  const float *addend;  // like values: is added
  const float *bias;    // [channels]: is added
  int rectifies;        // negative values become 0
  /// Like values: the value becomes 0 where gate · gateScale + gateShift ≤ 0.
  const float *gate;
  const float *gateScale;  // [channels]
  const float *gateShift;  // [channels]
  const float *gateMean;   // [channels]
  /// [2, channels], added to: Σ (value − pivot) and Σ (value − pivot)² or, with a gate, Σ value and
  /// Σ value · (gate − gateMean).
  double *sums;
  const float *pivot;  // [channels], NULL for 0
} KernelTarget;

/// The kernels of one instruction set.
typedef struct {
  const char *name;
  /// Columns of a panel of the product; 0 if it has none and a library's serves.
  long panelWidth;

  /// Writes Bᵀ d B of the 6×6 pixels around each tile, zeros beyond the image, to
  /// tiles[position · positionStride + tile · channels].
  void (*transformInput)(
    const KernelSource *source, long firstTile, long tileCount, float *tiles, long positionStride);

  /// Writes A d Aᵀ of the 4×4 pixels of each tile, likewise.
  void (*transformOutputGradient)(
    const KernelSource *source, long firstTile, long tileCount, float *tiles, long positionStride);

  /// Writes Aᵀ m A of each tile's products[position · positionStride + tile · rowStride].
  void (*transformOutput)(
    const float *products, long positionStride, long rowStride, const KernelTarget *target,
    long firstTile, long tileCount);

  /// Takes the target's steps with values that are there already, in the given channels.
  void (*finish)(
    const KernelTarget *target, long firstPixel, long pixelCount, long firstChannel,
    long channelCount);

  /// Copies pixels, as the source is read, one after the other.
  void (*readPixels)(const KernelSource *source, long firstPixel, long pixelCount, float *pixels);

  /// Writes G g Gᵀ of the weights [3, 3, inputs, outputs], for inputs firstInput and on, to
  /// panels[output / width][input][width], positionStride apart for each position; the last panel's
  /// missing columns are zeros.
  void (*transformWeights)(
    const float *weights, long inputs, long outputs, long firstInput, long inputCount,
    float *panels, long width, long positionStride);

  /// The same for the convolution that leads gradients back: inputs and outputs exchanged and the
  /// taps turned around, panels[input / width][output][width].
  void (*transformTurnedWeights)(
    const float *weights, long inputs, long outputs, long firstOutput, long outputCount,
    float *panels, long width, long positionStride);

  /// Writes Gᵀ u G of u[position · positionStride + input · rowStride] to [3, 3, inputs, outputs].
  void (*transformWeightGradient)(
    const float *products, long positionStride, long rowStride, long inputs, long outputs,
    long firstInput, long inputCount, float *gradient);

  /// product[rows, columns] = left[rows, depth] · right, added to what is there if accumulating;
  /// right lies in panels[columns / panelWidth][depth][panelWidth], and whole panels are written.
  void (*multiply)(
    long rows, long columns, long depth, const float *left, long leftStride, const float *right,
    float *product, long productStride, int accumulating);

  /// The same with the left factor transposed: left[depth, rows].
  void (*multiplyTransposed)(
    long rows, long columns, long depth, const float *left, long leftStride, const float *right,
    float *product, long productStride, int accumulating);

  /// gradient = slope · gradient + tilt · input + offset (+ addend) for rows of channels;
  /// coefficients are slope, tilt and offset [3, channels], addend may be NULL.
  void (*normalizationGradient)(
    float *gradient, const float *input, const float *addend, const float *coefficients,
    long channels, long rows);

  /// Writes exp(scale · (logit − largest logit)) of each class, of which there is at least one, and
  /// the lowest index of the largest; returns the sum of the others' numerators.
  double (*softmaxNumerators)(
    const double *logits, long classes, double scale, double *numerators, long *largest);

  /// Writes the natural logarithms of positive normal numbers.
  void (*logarithms)(const double *numbers, long count, double *logarithms);

  /// Writes the same numbers in Float64.
  void (*widen)(const float *numbers, long count, double *results);

  /// Writes the means over rows[rowCount, count], added up in Float64 from the first row on.
  void (*meanOfRows)(const float *rows, long rowCount, long count, double *means);
} KernelTable;

/// The plainest code for each kernel, which the others are tested against.
const KernelTable *kernelsReference(void);
/// For any processor; products are left to a library.
const KernelTable *kernelsBaseline(void);
/// NULL where this machine cannot run them.
const KernelTable *kernelsAVX2(void);
const KernelTable *kernelsAVX512(void);

/// Has numbers brought near that will be read soon; no address is wrong.
static inline void prefetchNumbers(const float *numbers, long count) {
  for (long i = 0; i < count; i += 16) __builtin_prefetch(numbers + i);
}

/// Tells the processor that this thread is waiting for another.
static inline void spinPause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

#endif
