import Tensors

/// The extents of a square convolution over channels-last images.
package struct ConvolutionShape: Sendable, Equatable, Encodable {
  /// Height and width of the input.
  package let inputSide: Int
  package let inputChannels: Int
  package let outputChannels: Int
  /// Height and width of the kernel.
  package let kernel: Int
  package let stride: Int
  /// Zeros above and to the left.
  package let paddingBefore: Int
  /// Zeros below and to the right.
  package let paddingAfter: Int

  package init(
    inputSide: Int, inputChannels: Int, outputChannels: Int, kernel: Int, stride: Int = 1,
    paddingBefore: Int = 0, paddingAfter: Int = 0
  ) {
    self.inputSide = inputSide
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.kernel = kernel
    self.stride = stride
    self.paddingBefore = paddingBefore
    self.paddingAfter = paddingAfter
  }

  /// Height and width of the output.
  package var outputSide: Int {
    (inputSide + paddingBefore + paddingAfter - kernel) / stride + 1
  }

  /// The number of input values that one output value depends on.
  package var patchCount: Int { kernel * kernel * inputChannels }

  /// The multiply-adds of a direct convolution of one image.
  package var multiplyAdds: Int { outputSide * outputSide * outputChannels * patchCount }

  package var weightShape: [Int] { [kernel, kernel, inputChannels, outputChannels] }

  package func inputShape(batch: Int) -> [Int] { [batch, inputSide, inputSide, inputChannels] }

  package func outputShape(batch: Int) -> [Int] { [batch, outputSide, outputSide, outputChannels] }
}

/// A way to compute a convolution and its two derivatives.
protocol ConvolutionMethod: Sendable {
  /// The name in the output of `mixmo inspect` and `mixmo benchmark`.
  static var name: String { get }

  var shape: ConvolutionShape { get }
  var engine: Engine { get }

  init(shape: ConvolutionShape, engine: Engine)

  /// The weight `[kernel, kernel, input, output]` in the form that `forward` reads.
  func pack(_ weight: Tensor) -> Tensor

  /// `output = input ∗ weight`, then the epilogue of `output`.
  func forward(_ input: LayerInput, packed: Tensor, output: LayerOutput) -> FeatureMap

  /// The derivative with respect to what the layer reads, then the epilogue of `output`.
  func inputGradient(_ outputGradient: Tensor, weight: Tensor, output: LayerOutput) -> FeatureMap

  /// The derivative with respect to the weight.
  func weightGradient(_ input: LayerInput, _ outputGradient: Tensor, weightGradient: Tensor)
}

extension Kernels {
  /// The columns of a matrix in whole panels, about `size` at a time.
  func columnChunks(_ columns: Int, size: Int) -> IndexChunks {
    let width = panelWidth(columns: columns)
    return IndexChunks(total: columns, size: max(1, size / width) * width)
  }
}

/// Writes the transpose of a matrix, in squares that stay in the first cache.
func transpose(
  _ source: UnsafePointer<Float>, rows: Int, columns: Int,
  into target: UnsafeMutablePointer<Float>
) {
  let size = 16
  for firstRow in stride(from: 0, to: rows, by: size) {
    for firstColumn in stride(from: 0, to: columns, by: size) {
      for column in firstColumn..<min(firstColumn + size, columns) {
        for row in firstRow..<min(firstRow + size, rows) {
          target[column * rows + row] = source[row * columns + column]
        }
      }
    }
  }
}
