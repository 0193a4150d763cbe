// The inner loops of the engine and of scoring, one set of them for each instruction set.
//
// Images are square, channels last. Pixels and tiles are counted over all images of a batch, row by
// row. A tile is a 4×4 square of output pixels, so sides are multiples of 4 where tiles are used.
// Winograd's F(4×4, 3×3) (Lavin and Gray 2016) transforms a tile to 36 positions, at each of which
// the convolution is a matrix product over channels. A, B and G are the paper's matrices.

#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>

// MARK: Arguments

/// The indices first, first + 1, …, first + count − 1.
typedef struct {
  ptrdiff_t first;
  ptrdiff_t count;
} KernelRange;

/// Features as a layer reads them.
typedef struct {
  const float *values;  // [images, side, side, channels]
  ptrdiff_t side;
  ptrdiff_t channels;
  /// [channels]: values are read as max(0, value · scale + shift), where NaN stays NaN; NULL where
  /// they are read unchanged.
  const float *scale;
  const float *shift;
} KernelInput;

/// Features as a layer writes them. The epilogue is what happens to a computed value before it is
/// stored: each step below whose field is not NULL or 0, in the order of the fields.
typedef struct {
  float *values;  // [images, side, side, channels]
  ptrdiff_t side;
  ptrdiff_t channels;
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
} KernelOutput;

/// Transformed rows of channels: those of row r at position p begin at
/// values[p · positionStride + r · rowStride]. A row is a tile or, in a weight gradient, an input.
typedef struct {
  float *values;
  ptrdiff_t positionStride;
  ptrdiff_t rowStride;
} KernelTiles;

/// The channels of weights [3, 3, inputs, outputs].
typedef struct {
  ptrdiff_t inputs;
  ptrdiff_t outputs;
} KernelChannels;

/// Transformed weights: for each position, positionStride apart, [columns / width][depth][width].
/// The missing columns of the last panel are zeros.
typedef struct {
  float *values;
  ptrdiff_t width;
  ptrdiff_t positionStride;
} KernelPanels;

/// A matrix.
typedef struct {
  const float *values;
  ptrdiff_t rowStride;
  ptrdiff_t rows;
  ptrdiff_t columns;
} KernelMatrix;

/// A matrix product: product[rows, columns] = left[rows, depth] · right[depth, columns].
typedef struct {
  ptrdiff_t rows;
  ptrdiff_t columns;  // rounded up to whole panels, which are written
  ptrdiff_t depth;
  const float *left;
  ptrdiff_t leftStride;
  int isTransposed;    // left is stored as [depth, rows]
  int isTransformed;   // left is rows that transformInput of the product's table wrote
  const float *right;  // panels that the product's table packed or transformed
  float *product;
  ptrdiff_t productStride;
  int accumulates;  // the product is added to what is there
} KernelProduct;

/// The gradient of batch normalization, slope · gradient + tilt · input + offset + addend, which
/// replaces the gradient of its output.
typedef struct {
  float *gradient;            // [rows, channels]
  const float *input;         // [rows, channels]
  const float *addend;        // [rows, channels], NULL for 0
  const float *coefficients;  // [3, channels]: slope, tilt, offset
  ptrdiff_t rows;
  ptrdiff_t channels;
} KernelNormalization;

/// The probabilities of classes, and their logarithms.
typedef struct {
  const double *probabilities;
  const double *logarithms;
} KernelDistribution;

/// A row among others, in order of falling confidence.
typedef struct {
  ptrdiff_t image;  // whose weight it has
  double loss;
  double brierScore;
  _Bool isRight;
  _Bool endsTie;  // whether the next row has another confidence; of the last row it is true
} KernelRankedRow;

/// What rows by falling confidence add up to, in each of eight lanes under other weights.
///
/// Rows of one confidence are covered together. A row is a false positive where it is wrong and covered
/// no later than 95 % of the right ones.
typedef struct {
  /// Of weights.
  double total[8];
  /// Of the weights of right rows.
  double right[8];
  /// Of weight · loss.
  double loss[8];
  /// Of weight · Brier score.
  double brierScore[8];
  /// Over pairs of a right and a wrong row: 2 where the right one is more confident, 1 in ties.
  double twiceWins[8];
  /// Over wrong rows, of the share of wrong ones in these and all below.
  double errorPrecision[8];
  /// Over right rows, of the share of right ones in these and all above.
  double successPrecision[8];
  /// Of the weights of false positives.
  double falsePositives[8];
  /// Over rows, of the risks before and after they are covered.
  double twiceArea[8];
  /// Over rows, of the wrong weights before and after they are covered.
  double twiceGeneralizedArea[8];
} KernelRankingSums;

// MARK: Tables

/// Products of matrices at one precision, and what writes their factors.
///
/// In float32, a left factor is rows of numbers and a panel is [depth][panelWidth].
typedef struct {
  /// The columns of a panel of the right factor; 0 where one panel holds all columns.
  ptrdiff_t panelWidth;

  /// Panels, and the rows of transformed inputs, have a multiple of so many depths: the number of
  /// depths, rounded up.
  ptrdiff_t panelDepth;

  /// Whether factors are split into bfloat16: a left factor that is not transformed input is then
  /// split anew in each product.
  int splits;

  /// Writes Bᵀ d B of the 6×6 pixels around each tile, with zeros beyond the image, as rows of the
  /// left factor. The first of the tiles goes to row 0. NULL where the precision has no Winograd
  /// convolution.
  void (*transformInput)(const KernelInput *input, KernelRange tiles, KernelTiles transformed);

  /// Writes G g Gᵀ of the weights of some inputs; the columns of panels are outputs. A range that
  /// does not end with the inputs has an even number of them.
  void (*transformWeights)(
    const float *weights, KernelChannels channels, KernelRange inputs, KernelPanels panels);

  /// The same for the convolution that computes input gradients: the kernel is flipped in both
  /// directions, and the columns of panels are inputs.
  void (*transformFlippedWeights)(
    const float *weights, KernelChannels channels, KernelRange outputs, KernelPanels panels);

  /// Packs a right factor into panels; NULL where they are made of float32 as they are.
  void (*pack)(const KernelMatrix *right, float *panels);

  /// Computes a product; NULL at the level `baseline`, which takes a library's.
  void (*multiply)(const KernelProduct *product);
} ProductTable;

/// The transforms of 3×3 convolutions with stride 2: those of KernelTable with 9 × 9 positions, and of
/// weights with 6 × 6. Those at (y, x) are multiplied by the weights at (min(y, 5), min(x, 5)).
typedef struct {
  /// The first output of a tile reads inputs from `padding` before twice its place on.
  void (*transformInput)(
    const KernelInput *input, ptrdiff_t padding, KernelRange tiles, KernelTiles transformed);
  void (*transformOutputGradient)(
    const KernelInput *gradient, KernelRange tiles, KernelTiles transformed);
  void (*transformOutput)(KernelTiles products, KernelRange tiles, const KernelOutput *output);
  void (*transformWeights)(
    const float *weights, KernelChannels channels, KernelRange inputs, KernelPanels panels);
  void (*transformWeightGradient)(
    KernelTiles products, KernelChannels channels, KernelRange inputs, float *gradient);
} StridedTable;

/// The kernels of networks, in float32.
typedef struct {
  ProductTable products;

  /// Writes A d Aᵀ of the 4×4 pixels of each tile. The first of the tiles goes to row 0.
  void (*transformOutputGradient)(
    const KernelInput *gradient, KernelRange tiles, KernelTiles transformed);

  /// Writes Aᵀ m A of the products m of each tile, through the epilogue.
  void (*transformOutput)(KernelTiles products, KernelRange tiles, const KernelOutput *output);

  /// Puts values that are already stored through the epilogue.
  void (*applyEpilogue)(const KernelOutput *output, KernelRange pixels, KernelRange channels);

  /// Copies pixels, as the layer reads them, one after the other.
  void (*readPixels)(const KernelInput *input, KernelRange pixels, float *copies);

  /// Writes Gᵀ u G of the products u, a row for each input, to a gradient [3, 3, inputs, outputs].
  void (*transformWeightGradient)(
    KernelTiles products, KernelChannels channels, KernelRange inputs, float *gradient);

  /// NULL where strided convolutions are computed without Winograd's transforms.
  const StridedTable *strided;

  /// Computes the gradient of batch normalization.
  void (*normalizationGradient)(const KernelNormalization *normalization);
} KernelTable;

/// The kernels of probabilities, in Float64. Levels other than `reference` give the same bits.
///
/// Sums over classes are of terms that are rounded to a common unit, and then exact: they do not
/// depend on the order of the classes. K terms without signs are off by at most K · 2⁻⁵² of the
/// largest term, terms with signs by twice as much.
typedef struct {
  /// Writes exp(scale · (logit − largest logit)) for each of at least one class, and the lowest
  /// index of the largest logit; returns the sum of the other classes' numerators.
  double (*softmaxNumerators)(
    const double *logits, ptrdiff_t classes, double scale, double *numerators,
    ptrdiff_t *largest);

  /// Divides numerators by 1 + rest, and replaces logits by scale · (logit − maximum) − logSum.
  void (*normalize)(
    double *logits, double *numerators, ptrdiff_t classes, double scale, double maximum,
    double rest, double logSum);

  /// Writes the sums over classes of d, e·d, e·d², e·d³ and e·d⁴, where d is maximum − logit and e
  /// the numerator.
  void (*softmaxMoments)(
    const double *logits, const double *numerators, ptrdiff_t classes, double maximum,
    double *moments);

  /// Writes Σ (p − 1[label])² and −Σ p log p.
  void (*brierScoreAndEntropy)(
    KernelDistribution distribution, ptrdiff_t classes, ptrdiff_t label, double *results);

  /// Writes Σ |p − q| · |log p − log q|, Σ p·q, Σ p² and Σ q².
  void (*pairProducts)(
    KernelDistribution p, KernelDistribution q, ptrdiff_t classes, double *results);

  /// Returns Σ p (log p − log q) over the classes where p and q differ, of terms with signs.
  double (*divergence)(KernelDistribution p, KernelDistribution q, ptrdiff_t classes);

  /// Returns the sum of numbers of at least 0.
  double (*sum)(const double *numbers, ptrdiff_t count);

  /// Writes the natural logarithms of positive normal numbers.
  void (*logarithms)(const double *numbers, ptrdiff_t count, double *logarithms);

  /// Converts to Float64.
  void (*widen)(const float *numbers, ptrdiff_t count, double *results);

  /// Writes the means over rows[rowCount, count], each added up from the first row on.
  void (*meanOfRows)(const float *rows, ptrdiff_t rowCount, ptrdiff_t count, double *means);

  /// Sorts each column of rows[rowCount, count], the smallest number first.
  void (*sortColumns)(double *rows, ptrdiff_t rowCount, ptrdiff_t count);

  /// Writes the means over rows[rowCount, count], each added up from the smallest number on: they do
  /// not depend on the order of rows, which are changed. Where they are relative, the largest sum is
  /// subtracted from all before they are divided.
  void (*meanOfColumns)(
    double *rows, ptrdiff_t rowCount, ptrdiff_t count, int isRelative, double *means);

  /// Replaces the logits of each of rows[rowCount, classes] by their probabilities, less 1 at the row's
  /// label, and writes the logarithm of the label's probability: in float32, where the others count in
  /// float64.
  void (*softmaxErrors)(
    float *rows, ptrdiff_t rowCount, ptrdiff_t classes, const ptrdiff_t *labels,
    double *logLikelihoods);

  /// Writes matrix[count, count] · vector + addends.
  void (*multiplyVector)(
    const double *matrix, ptrdiff_t count, const double *vector, const double *addends,
    double *results);

  /// Adds up rows by falling confidence, in eight lanes under weights[images, 8].
  void (*rankingSums)(
    const KernelRankedRow *rows, ptrdiff_t count, const unsigned char *weights,
    KernelRankingSums *sums);
} ProbabilityTable;

/// The kernels of one instruction set.
typedef struct {
  const char *name;
  KernelTable networks;
  /// Products of 16 bits: three products of bfloat16, summed in float32. NULL where the machine has
  /// no faster way than float32.
  const ProductTable *high;
  /// Products of one bfloat16, summed in float32; NULL likewise.
  const ProductTable *medium;
  /// Adds the product of left[16][32] and right[16][16][2], both bfloat16, to sums[16][16], as the
  /// instruction TDPBF16PS does; NULL where there are no tiles.
  void (*multiplyTile)(const unsigned short *left, const unsigned short *right, float *sums);
  ProbabilityTable probabilities;
} KernelLevel;

/// The plainest code for each kernel, which the others are tested against.
const KernelLevel *kernelsReference(void);
/// For any processor.
const KernelLevel *kernelsBaseline(void);
/// NULL where this machine lacks the instructions.
const KernelLevel *kernelsAVX2(void);
const KernelLevel *kernelsAVX512(void);
/// Asks the system for permission to use tiles.
const KernelLevel *kernelsAMX(void);
/// The same with plain code in place of the instructions on tiles, for tests.
const KernelLevel *kernelsEmulatedAMX(void);

// MARK: The processor

/// Loads numbers that will soon be read into the cache; any address is allowed.
static inline void prefetchNumbers(const float *numbers, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += 16) __builtin_prefetch(numbers + i);
}

/// Tells the processor that this thread is waiting for another.
static inline void spinPause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

#endif
