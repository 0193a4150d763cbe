// The matrix product on packed panels, included once for each instruction set. A block of ROWS
// rows × two vectors of columns stays in registers while the depth runs by.

typedef float Vector __attribute__((vector_size(4 * LANES), aligned(4)));

enum { panelWidth = 2 * LANES };

typedef struct {
  const float *left;
  long rowStep;    // from one row of the left factor to the next
  long depthStep;  // from one depth to the next
  long depth;
  long productStride;
  int accumulating;
} Product;

#define UNROLL _Pragma("clang loop unroll(full)")

INLINE void multiplyDepths(
  const int rows, const int depths, const Product *p, const float *left, const float *panel,
  Vector low[], Vector high[]) {
  UNROLL for (int k = 0; k < depths; k++) {
    const Vector first = *(const Vector *)(panel + k * panelWidth);
    const Vector second = *(const Vector *)(panel + k * panelWidth + LANES);
    UNROLL for (int row = 0; row < rows; row++) {
      const float factor = left[row * p->rowStep + k * p->depthStep];
      low[row] += factor * first;
      high[row] += factor * second;
    }
  }
}

/// `rows` is a constant at every call, so that the block lies in registers.
INLINE void multiplyBlock(
  const int rows, const Product *p, const float *left, const float *panel, float *product) {
  Vector low[ROWS], high[ROWS];
  UNROLL for (int row = 0; row < rows; row++) {
    const Vector *old = (const Vector *)(product + row * p->productStride);
    low[row] = p->accumulating ? old[0] : (Vector){0};
    high[row] = p->accumulating ? old[1] : (Vector){0};
  }
  long k = 0;
  for (; k + 4 <= p->depth; k += 4)
    multiplyDepths(rows, 4, p, left + k * p->depthStep, panel + k * panelWidth, low, high);
  for (; k < p->depth; k++)
    multiplyDepths(rows, 1, p, left + k * p->depthStep, panel + k * panelWidth, low, high);
  UNROLL for (int row = 0; row < rows; row++) {
    Vector *new = (Vector *)(product + row * p->productStride);
    new[0] = low[row];
    new[1] = high[row];
  }
}

#define BLOCK(n) \
  case n: \
    if (n < ROWS) multiplyBlock(n < ROWS ? n : ROWS, p, left, panel, product); \
    break;

/// The last rows, fewer than a block.
static TARGET void multiplyRest(
  long rows, const Product *p, const float *left, const float *panel, float *product) {
  switch (rows) {
    BLOCK(1) BLOCK(2) BLOCK(3) BLOCK(4) BLOCK(5) BLOCK(6) BLOCK(7)
    BLOCK(8) BLOCK(9) BLOCK(10) BLOCK(11) BLOCK(12) BLOCK(13)
  }
}

/// One panel stays near the core while all rows pass it.
INLINE void multiplyPanels(
  long rows, long columns, const Product *p, const float *panels, float *product) {
  for (long column = 0; column < columns; column += panelWidth) {
    const float *panel = panels + column * p->depth;
    long row = 0;
    for (; row + ROWS <= rows; row += ROWS)
      multiplyBlock(
        ROWS, p, p->left + row * p->rowStep, panel, product + row * p->productStride + column);
    multiplyRest(
      rows - row, p, p->left + row * p->rowStep, panel, product + row * p->productStride + column);
  }
}

static TARGET void multiply(
  long rows, long columns, long depth, const float *left, long leftStride, const float *right,
  float *product, long productStride, int accumulating) {
  const Product p = {left, leftStride, 1, depth, productStride, accumulating};
  multiplyPanels(rows, columns, &p, right, product);
}

static TARGET void multiplyTransposed(
  long rows, long columns, long depth, const float *left, long leftStride, const float *right,
  float *product, long productStride, int accumulating) {
  const Product p = {left, 1, leftStride, depth, productStride, accumulating};
  multiplyPanels(rows, columns, &p, right, product);
}
