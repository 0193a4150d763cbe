// Each kernel as its definition says, with matrices and plain loops: the others are tested against
// these.

#include <float.h>
#include <math.h>
#include <stdlib.h>

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

/// A channel of a pixel of an image, as the layer reads it; zero outside the image.
static float read(
  const KernelInput *layer, ptrdiff_t image, ptrdiff_t y, ptrdiff_t x, ptrdiff_t channel) {
  const ptrdiff_t side = layer->side, channels = layer->channels;
  if (y < 0 || y >= side || x < 0 || x >= side) return 0;
  const float value = layer->values[((image * side + y) * side + x) * channels + channel];
  if (!layer->scale) return value;
  const float normalized = value * layer->scale[channel] + layer->shift[channel];
  return normalized < 0 ? 0 : normalized;
}

static void readPixels(const KernelInput *layer, KernelRange pixels, float *copies) {
  const ptrdiff_t side = layer->side, channels = layer->channels;
  for (ptrdiff_t i = 0; i < pixels.count; i++)
    for (ptrdiff_t c = 0; c < channels; c++) {
      const ptrdiff_t pixel = pixels.first + i, inside = pixel % (side * side);
      copies[i * channels + c]
        = read(layer, pixel / (side * side), inside / side, inside % side, c);
    }
}

/// Image, row and column of a tile's first output pixel.
static void locate(
  ptrdiff_t tile, ptrdiff_t side, ptrdiff_t *image, ptrdiff_t *y, ptrdiff_t *x) {
  const ptrdiff_t across = side / 4;
  *image = tile / (across * across);
  *y = tile / across % across * 4;
  *x = tile % across * 4;
}

static float *rowOf(KernelTiles tiles, ptrdiff_t position, ptrdiff_t row) {
  return tiles.values + position * tiles.positionStride + row * tiles.rowStride;
}

static void transformInput(
  const KernelInput *layer, KernelRange tiles, KernelTiles transformed) {
  for (ptrdiff_t tile = 0; tile < tiles.count; tile++)
    for (ptrdiff_t c = 0; c < layer->channels; c++)
      for (ptrdiff_t position = 0; position < 36; position++) {
        ptrdiff_t image, y, x;
        locate(tiles.first + tile, layer->side, &image, &y, &x);
        float sum = 0;
        for (ptrdiff_t i = 0; i < 6; i++)
          for (ptrdiff_t j = 0; j < 6; j++)
            sum += matrixB[position / 6][i] * matrixB[position % 6][j]
              * read(layer, image, y + i - 1, x + j - 1, c);
        rowOf(transformed, position, tile)[c] = sum;
      }
}

static void transformOutputGradient(
  const KernelInput *layer, KernelRange tiles, KernelTiles transformed) {
  for (ptrdiff_t tile = 0; tile < tiles.count; tile++)
    for (ptrdiff_t c = 0; c < layer->channels; c++)
      for (ptrdiff_t position = 0; position < 36; position++) {
        ptrdiff_t image, y, x;
        locate(tiles.first + tile, layer->side, &image, &y, &x);
        float sum = 0;
        for (ptrdiff_t i = 0; i < 4; i++)
          for (ptrdiff_t j = 0; j < 4; j++)
            sum += matrixA[position / 6][i] * matrixA[position % 6][j]
              * read(layer, image, y + i, x + j, c);
        rowOf(transformed, position, tile)[c] = sum;
      }
}

/// Puts one value through the epilogue and stores it.
static void store(const KernelOutput *layer, ptrdiff_t pixel, ptrdiff_t c, float value) {
  const ptrdiff_t channels = layer->channels, at = pixel * channels + c;
  if (layer->addend) value += layer->addend[at];
  if (layer->bias) value += layer->bias[c];
  if (layer->rectifies && value < 0) value = 0;
  double term = value - (layer->pivot ? layer->pivot[c] : 0), factor = term;
  if (layer->gate) {
    if (layer->gate[at] * layer->gateScale[c] + layer->gateShift[c] <= 0) value = 0;
    term = value;
    factor = layer->gate[at] - layer->gateMean[c];
  }
  layer->values[at] = value;
  if (!layer->sums) return;
  layer->sums[c] += term;
  layer->sums[channels + c] += term * factor;
}

static void applyEpilogue(const KernelOutput *layer, KernelRange pixels, KernelRange channels) {
  for (ptrdiff_t i = 0; i < pixels.count; i++)
    for (ptrdiff_t j = 0; j < channels.count; j++) {
      const ptrdiff_t pixel = pixels.first + i, c = channels.first + j;
      store(layer, pixel, c, layer->values[pixel * layer->channels + c]);
    }
}

static void transformOutput(
  KernelTiles products, KernelRange tiles, const KernelOutput *layer) {
  const ptrdiff_t side = layer->side;
  for (ptrdiff_t tile = 0; tile < tiles.count; tile++)
    for (ptrdiff_t i = 0; i < 4; i++)
      for (ptrdiff_t j = 0; j < 4; j++)
        for (ptrdiff_t c = 0; c < layer->channels; c++) {
          ptrdiff_t image, y, x;
          locate(tiles.first + tile, side, &image, &y, &x);
          float sum = 0;
          for (ptrdiff_t position = 0; position < 36; position++)
            sum += matrixA[position / 6][i] * matrixA[position % 6][j]
              * rowOf(products, position, tile)[c];
          store(layer, (image * side + y + i) * side + x + j, c, sum);
        }
}

/// Element `position` of G g Gᵀ, where g are the taps of one input and output.
static float transformTaps(
  const float *weights, KernelChannels channels, ptrdiff_t input, ptrdiff_t output,
  ptrdiff_t position, int isFlipped) {
  float sum = 0;
  for (ptrdiff_t tap = 0; tap < 9; tap++) {
    const ptrdiff_t from = isFlipped ? 8 - tap : tap;
    sum += matrixG[position / 6][tap / 3] * matrixG[position % 6][tap % 3]
      * weights[(from * channels.inputs + input) * channels.outputs + output];
  }
  return sum;
}

static ptrdiff_t paddedCount(ptrdiff_t count, ptrdiff_t width) {
  return (count + width - 1) / width * width;
}

/// The element of the panels of a position in a row of `depth` and a column.
static float *element(
  KernelPanels panels, ptrdiff_t position, ptrdiff_t depth, ptrdiff_t row, ptrdiff_t column) {
  const ptrdiff_t width = panels.width;
  float *panel = panels.values + position * panels.positionStride + column / width * depth * width;
  return panel + row * width + column % width;
}

static void transformWeights(
  const float *weights, KernelChannels channels, KernelRange inputs, KernelPanels panels) {
  for (ptrdiff_t position = 0; position < 36; position++)
    for (ptrdiff_t column = 0; column < paddedCount(channels.outputs, panels.width); column++)
      for (ptrdiff_t input = inputs.first; input < inputs.first + inputs.count; input++)
        *element(panels, position, channels.inputs, input, column) = column < channels.outputs
          ? transformTaps(weights, channels, input, column, position, 0)
          : 0;
}

static void transformFlippedWeights(
  const float *weights, KernelChannels channels, KernelRange outputs, KernelPanels panels) {
  for (ptrdiff_t position = 0; position < 36; position++)
    for (ptrdiff_t column = 0; column < paddedCount(channels.inputs, panels.width); column++)
      for (ptrdiff_t output = outputs.first; output < outputs.first + outputs.count; output++)
        *element(panels, position, channels.outputs, output, column) = column < channels.inputs
          ? transformTaps(weights, channels, column, output, position, 1)
          : 0;
}

static void transformWeightGradient(
  KernelTiles products, KernelChannels channels, KernelRange inputs, float *gradient) {
  for (ptrdiff_t input = inputs.first; input < inputs.first + inputs.count; input++)
    for (ptrdiff_t tap = 0; tap < 9; tap++)
      for (ptrdiff_t output = 0; output < channels.outputs; output++) {
        float sum = 0;
        for (ptrdiff_t position = 0; position < 36; position++)
          sum += matrixG[position / 6][tap / 3] * matrixG[position % 6][tap % 3]
            * rowOf(products, position, input)[output];
        gradient[(tap * channels.inputs + input) * channels.outputs + output] = sum;
      }
}

enum { panelWidth = 16 };

static void multiply(const KernelProduct *p) {
  const ptrdiff_t rowStep = p->isTransposed ? 1 : p->leftStride;
  const ptrdiff_t depthStep = p->isTransposed ? p->leftStride : 1;
  for (ptrdiff_t row = 0; row < p->rows; row++)
    for (ptrdiff_t column = 0; column < paddedCount(p->columns, panelWidth); column++) {
      float sum = p->accumulates ? p->product[row * p->productStride + column] : 0;
      for (ptrdiff_t k = 0; k < p->depth; k++)
        sum += p->left[row * rowStep + k * depthStep]
          * p->right[(column / panelWidth * p->depth + k) * panelWidth + column % panelWidth];
      p->product[row * p->productStride + column] = sum;
    }
}

static void normalizationGradient(const KernelNormalization *n) {
  for (ptrdiff_t i = 0; i < n->rows * n->channels; i++) {
    const ptrdiff_t c = i % n->channels;
    n->gradient[i] = n->coefficients[c] * n->gradient[i]
      + n->coefficients[n->channels + c] * n->input[i] + n->coefficients[2 * n->channels + c];
    if (n->addend) n->gradient[i] += n->addend[i];
  }
}

#include "reference-rows.inc"
#include "reference-rankings.inc"

#define LEVEL reference
#define LEVEL_NAME "reference"
#define HAS_PRODUCT
#include "table.inc"

const KernelLevel *kernelsReference(void) { return &LEVEL; }
