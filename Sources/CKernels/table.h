// The table of an instruction set's kernels, included once for each.

static const KernelTable TABLE = {
  .name = LEVEL_NAME,
#ifdef HAS_PRODUCT
  .panelWidth = panelWidth,
  .multiply = multiply,
  .multiplyTransposed = multiplyTransposed,
#endif
  .transformInput = transformInput,
  .transformOutputGradient = transformOutputGradient,
  .transformOutput = transformOutput,
  .finish = finish,
  .readPixels = readPixels,
  .transformWeights = transformWeights,
  .transformTurnedWeights = transformTurnedWeights,
  .transformWeightGradient = transformWeightGradient,
  .normalizationGradient = normalizationGradient,
  .softmaxNumerators = softmaxNumerators,
  .logarithms = logarithms,
  .widen = widen,
  .meanOfRows = meanOfRows,
};
