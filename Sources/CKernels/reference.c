// Each kernel written out from its definition, with matrices and plain loops: what the fast ones
// are tested against.

#include <math.h>

#include "CKernels.h"

static const float matrixB[6][6] = {  // Bᵀ
  {4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
  {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1},
};
static const float matrixG[6][3] = {
  {1.0f / 4, 0, 0},
  {-1.0f / 6, -1.0f / 6, -1.0f / 6},
  {-1.0f / 6, 1.0f / 6, -1.0f / 6},
  {1.0f / 24, 1.0f / 12, 1.0f / 6},
  {1.0f / 24, -1.0f / 12, 1.0f / 6},
  {0, 0, 1},
};
static const float matrixA[6][4] = {
  {1, 0, 0, 0}, {1, 1, 1, 1}, {1, -1, 1, -1}, {1, 2, 4, 8}, {1, -2, 4, -8}, {0, 0, 0, 1},
};

/// A channel of a pixel of an image, as the source is read; zero outside.
static float read(const KernelSource *source, long image, long y, long x, long channel) {
  const long side = source->side, channels = source->channels;
  if (y < 0 || y >= side || x < 0 || x >= side) return 0;
  const float value = source->values[((image * side + y) * side + x) * channels + channel];
  if (!source->scale) return value;
  const float normalized = value * source->scale[channel] + source->shift[channel];
  return normalized < 0 ? 0 : normalized;
}

static void readPixels(
  const KernelSource *source, long firstPixel, long pixelCount, float *pixels) {
  const long side = source->side, channels = source->channels;
  for (long i = 0; i < pixelCount; i++)
    for (long c = 0; c < channels; c++) {
      const long pixel = firstPixel + i, inside = pixel % (side * side);
      pixels[i * channels + c]
        = read(source, pixel / (side * side), inside / side, inside % side, c);
    }
}

/// Image, row and column of a tile's first output pixel.
static void locate(long tile, long side, long *image, long *y, long *x) {
  const long across = side / 4;
  *image = tile / (across * across);
  *y = tile / across % across * 4;
  *x = tile % across * 4;
}

static void transformInput(
  const KernelSource *source, long firstTile, long tileCount, float *tiles, long positionStride) {
  for (long tile = 0; tile < tileCount; tile++)
    for (long c = 0; c < source->channels; c++)
      for (long position = 0; position < 36; position++) {
        long image, y, x;
        locate(firstTile + tile, source->side, &image, &y, &x);
        float sum = 0;
        for (long i = 0; i < 6; i++)
          for (long j = 0; j < 6; j++)
            sum += matrixB[position / 6][i] * matrixB[position % 6][j]
              * read(source, image, y + i - 1, x + j - 1, c);
        tiles[position * positionStride + tile * source->channels + c] = sum;
      }
}

static void transformOutputGradient(
  const KernelSource *source, long firstTile, long tileCount, float *tiles, long positionStride) {
  for (long tile = 0; tile < tileCount; tile++)
    for (long c = 0; c < source->channels; c++)
      for (long position = 0; position < 36; position++) {
        long image, y, x;
        locate(firstTile + tile, source->side, &image, &y, &x);
        float sum = 0;
        for (long i = 0; i < 4; i++)
          for (long j = 0; j < 4; j++)
            sum += matrixA[position / 6][i] * matrixA[position % 6][j]
              * read(source, image, y + i, x + j, c);
        tiles[position * positionStride + tile * source->channels + c] = sum;
      }
}

/// Takes the target's steps with one value and writes it.
static void finishValue(const KernelTarget *target, long pixel, long c, float value) {
  const long channels = target->channels, at = pixel * channels + c;
  if (target->addend) value += target->addend[at];
  if (target->bias) value += target->bias[c];
  if (target->rectifies && value < 0) value = 0;
  double term = value - (target->pivot ? target->pivot[c] : 0), factor = term;
  if (target->gate) {
    if (target->gate[at] * target->gateScale[c] + target->gateShift[c] <= 0) value = 0;
    term = value;
    factor = target->gate[at] - target->gateMean[c];
  }
  target->values[at] = value;
  if (!target->sums) return;
  target->sums[c] += term;
  target->sums[channels + c] += term * factor;
}

static void finish(
  const KernelTarget *target, long firstPixel, long pixelCount, long firstChannel,
  long channelCount) {
  for (long pixel = firstPixel; pixel < firstPixel + pixelCount; pixel++)
    for (long c = firstChannel; c < firstChannel + channelCount; c++)
      finishValue(target, pixel, c, target->values[pixel * target->channels + c]);
}

static void transformOutput(
  const float *products, long positionStride, long rowStride, const KernelTarget *target,
  long firstTile, long tileCount) {
  const long side = target->side;
  for (long tile = 0; tile < tileCount; tile++)
    for (long i = 0; i < 4; i++)
      for (long j = 0; j < 4; j++)
        for (long c = 0; c < target->channels; c++) {
          long image, y, x;
          locate(firstTile + tile, side, &image, &y, &x);
          float sum = 0;
          for (long position = 0; position < 36; position++)
            sum += matrixA[position / 6][i] * matrixA[position % 6][j]
              * products[position * positionStride + tile * rowStride + c];
          finishValue(target, (image * side + y + i) * side + x + j, c, sum);
        }
}

/// Element `position` of G g Gᵀ, of the taps of one input and output.
static float transformTaps(
  const float *weights, long inputs, long outputs, long input, long output, long position,
  int isTurned) {
  float sum = 0;
  for (long tap = 0; tap < 9; tap++) {
    const long from = isTurned ? 8 - tap : tap;
    sum += matrixG[position / 6][tap / 3] * matrixG[position % 6][tap % 3]
      * weights[(from * inputs + input) * outputs + output];
  }
  return sum;
}

static void transformWeights(
  const float *weights, long inputs, long outputs, long firstInput, long inputCount,
  float *panels, long width, long positionStride) {
  const long panelCount = (outputs + width - 1) / width;
  for (long position = 0; position < 36; position++)
    for (long column = 0; column < panelCount * width; column++)
      for (long input = firstInput; input < firstInput + inputCount; input++) {
        float *panel = panels + position * positionStride + column / width * inputs * width;
        panel[input * width + column % width] = column < outputs
          ? transformTaps(weights, inputs, outputs, input, column, position, 0)
          : 0;
      }
}

static void transformTurnedWeights(
  const float *weights, long inputs, long outputs, long firstOutput, long outputCount,
  float *panels, long width, long positionStride) {
  const long panelCount = (inputs + width - 1) / width;
  for (long position = 0; position < 36; position++)
    for (long column = 0; column < panelCount * width; column++)
      for (long output = firstOutput; output < firstOutput + outputCount; output++) {
        float *panel = panels + position * positionStride + column / width * outputs * width;
        panel[output * width + column % width] = column < inputs
          ? transformTaps(weights, inputs, outputs, column, output, position, 1)
          : 0;
      }
}

static void transformWeightGradient(
  const float *products, long positionStride, long rowStride, long inputs, long outputs,
  long firstInput, long inputCount, float *gradient) {
  for (long input = firstInput; input < firstInput + inputCount; input++)
    for (long tap = 0; tap < 9; tap++)
      for (long output = 0; output < outputs; output++) {
        float sum = 0;
        for (long position = 0; position < 36; position++)
          sum += matrixG[position / 6][tap / 3] * matrixG[position % 6][tap % 3]
            * products[position * positionStride + input * rowStride + output];
        gradient[(tap * inputs + input) * outputs + output] = sum;
      }
}

enum { width = 16, panelWidth = width };

static void multiplyAny(
  long rows, long columns, long depth, const float *left, long rowStep, long depthStep,
  const float *right, float *product, long productStride, int accumulating) {
  for (long row = 0; row < rows; row++)
    for (long column = 0; column < (columns + width - 1) / width * width; column++) {
      float sum = accumulating ? product[row * productStride + column] : 0;
      for (long k = 0; k < depth; k++)
        sum += left[row * rowStep + k * depthStep]
          * right[(column / width * depth + k) * width + column % width];
      product[row * productStride + column] = sum;
    }
}

static void multiply(
  long rows, long columns, long depth, const float *left, long leftStride, const float *right,
  float *product, long productStride, int accumulating) {
  multiplyAny(
    rows, columns, depth, left, leftStride, 1, right, product, productStride, accumulating);
}

static void multiplyTransposed(
  long rows, long columns, long depth, const float *left, long leftStride, const float *right,
  float *product, long productStride, int accumulating) {
  multiplyAny(
    rows, columns, depth, left, 1, leftStride, right, product, productStride, accumulating);
}

static void normalizationGradient(
  float *gradient, const float *input, const float *addend, const float *coefficients,
  long channels, long rows) {
  for (long i = 0; i < rows * channels; i++) {
    const long c = i % channels;
    gradient[i] = coefficients[c] * gradient[i] + coefficients[channels + c] * input[i]
      + coefficients[2 * channels + c];
    if (addend) gradient[i] += addend[i];
  }
}

static double softmaxNumerators(
  const double *logits, long classes, double scale, double *numerators, long *largest) {
  *largest = 0;
  for (long c = 1; c < classes; c++)
    if (logits[c] > logits[*largest]) *largest = c;
  double rest = 0;
  for (long c = 0; c < classes; c++) {
    numerators[c] = exp(scale * (logits[c] - logits[*largest]));
    if (c != *largest) rest += numerators[c];
  }
  return rest;
}

static void logarithms(const double *numbers, long count, double *logarithms) {
  for (long i = 0; i < count; i++) logarithms[i] = log(numbers[i]);
}

static void widen(const float *numbers, long count, double *results) {
  for (long i = 0; i < count; i++) results[i] = numbers[i];
}

static void meanOfRows(const float *rows, long rowCount, long count, double *means) {
  for (long i = 0; i < count; i++) {
    double sum = 0;
    for (long row = 0; row < rowCount; row++) sum += rows[row * count + i];
    means[i] = sum / rowCount;
  }
}

#define TABLE referenceTable
#define LEVEL_NAME "reference"
#define HAS_PRODUCT
#include "table.h"

const KernelTable *kernelsReference(void) { return &referenceTable; }
