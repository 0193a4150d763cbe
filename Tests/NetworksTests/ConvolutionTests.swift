import Networks
import Tensors
import TestSupport
import Testing

struct ConvolutionTests {
  static let shapes = [
    ConvolutionShape(
      inputSide: 8, inputChannels: 16, outputChannels: 24, kernel: 3, paddingBefore: 1,
      paddingAfter: 1),
    ConvolutionShape(
      inputSide: 12, inputChannels: 9, outputChannels: 37, kernel: 3, paddingBefore: 1,
      paddingAfter: 1),
    ConvolutionShape(
      inputSide: 4, inputChannels: 35, outputChannels: 150, kernel: 3, paddingBefore: 1,
      paddingAfter: 1),
    ConvolutionShape(
      inputSide: 8, inputChannels: 17, outputChannels: 35, kernel: 3, stride: 2, paddingAfter: 1),
    ConvolutionShape(
      inputSide: 12, inputChannels: 33, outputChannels: 18, kernel: 3, stride: 2,
      paddingBefore: 1, paddingAfter: 1),
    ConvolutionShape(inputSide: 8, inputChannels: 16, outputChannels: 40, kernel: 1, stride: 2),
    ConvolutionShape(
      inputSide: 32, inputChannels: 3, outputChannels: 16, kernel: 3, paddingBefore: 1,
      paddingAfter: 1),
    ConvolutionShape(
      inputSide: 8, inputChannels: 5, outputChannels: 7, kernel: 3, stride: 2, paddingAfter: 1),
    ConvolutionShape(
      inputSide: 12, inputChannels: 5, outputChannels: 7, kernel: 3, stride: 2, paddingBefore: 1,
      paddingAfter: 1),
    ConvolutionShape(inputSide: 8, inputChannels: 6, outputChannels: 9, kernel: 1, stride: 2),
    ConvolutionShape(inputSide: 7, inputChannels: 6, outputChannels: 9, kernel: 1),
    ConvolutionShape(
      inputSide: 7, inputChannels: 4, outputChannels: 4, kernel: 3, paddingBefore: 1,
      paddingAfter: 1),
  ]

  /// The convolution and its two derivatives, each term by term in Double, with Σ|aᵢbᵢ|.
  struct Reference {
    var output: [Double]
    var outputMagnitude: [Double]
    var inputGradient: [Double]
    var inputMagnitude: [Double]
    var weightGradient: [Double]
    var weightMagnitude: [Double]

    init(_ shape: ConvolutionShape, _ x: Tensor, _ w: Tensor, _ dy: Tensor) {
      output = [Double](repeating: 0, count: dy.count)
      inputGradient = [Double](repeating: 0, count: x.count)
      weightGradient = [Double](repeating: 0, count: w.count)
      (outputMagnitude, inputMagnitude, weightMagnitude) = (output, inputGradient, weightGradient)
      forEachProduct(shape, batch: x.shape[0]) { o, i, k in
        let (forward, toInput, toWeight) = (
          Double(x[i]) * Double(w[k]), Double(dy[o]) * Double(w[k]), Double(dy[o]) * Double(x[i])
        )
        output[o] += forward
        outputMagnitude[o] += abs(forward)
        inputGradient[i] += toInput
        inputMagnitude[i] += abs(toInput)
        weightGradient[k] += toWeight
        weightMagnitude[k] += abs(toWeight)
      }
    }

    /// Visits every (output, input, weight) index triple.
    private func forEachProduct(
      _ shape: ConvolutionShape, batch: Int, _ body: (Int, Int, Int) -> Void
    ) {
      let (side, outSide) = (shape.inputSide, shape.outputSide)
      for n in 0..<batch {
        for (y, x) in pairs(outSide, outSide) {
          for (ky, kx) in pairs(shape.kernel, shape.kernel) {
            let row = y * shape.stride + ky - shape.paddingBefore
            let column = x * shape.stride + kx - shape.paddingBefore
            guard (0..<side).contains(row), (0..<side).contains(column) else { continue }
            for (input, output) in pairs(shape.inputChannels, shape.outputChannels) {
              body(
                ((n * outSide + y) * outSide + x) * shape.outputChannels + output,
                ((n * side + row) * side + column) * shape.inputChannels + input,
                ((ky * shape.kernel + kx) * shape.inputChannels + input) * shape.outputChannels
                  + output)
            }
          }
        }
      }
    }

    private func pairs(_ first: Int, _ second: Int) -> some Sequence<(Int, Int)> {
      (0..<first * second).lazy.map { $0.quotientAndRemainder(dividingBy: second) }
    }
  }

  static func layer(
    _ shape: ConvolutionShape, threads: Int, kernels: Kernels = .preferred,
    tiling: Tiling = Tiling()
  ) -> ConvolutionLayer {
    let engine = Engine(workers: Workers(count: threads), kernels: kernels, tiling: tiling)
    let layer = ConvolutionLayer("conv", shape, engine: engine)
    layer.weight.value.assign(randomTensor("weight", shape.weightShape))
    return layer
  }

  @Test(arguments: shapes, [Kernels.reference] + Kernels.available)
  func `output and both gradients equal the sums written out`(
    shape: ConvolutionShape, kernels: Kernels
  ) {
    for tiling in [Tiling()] + Self.tilings {
      expectSums(shape, Self.layer(shape, threads: 2, kernels: kernels, tiling: tiling))
    }
  }

  private func expectSums(_ shape: ConvolutionShape, _ layer: ConvolutionLayer) {
    let batch = 5
    let x = randomTensor("x", shape.inputShape(batch: batch))
    let dy = randomTensor("dy", shape.outputShape(batch: batch))
    let reference = Reference(shape, x, layer.weight.value, dy)
    // T products, each rounded once and added once in Float: |error| ≤ T · 2⁻²⁴ · Σ|aᵢbᵢ|. The
    // errors of F(4×4, 3×3) are about ten times those of a direct sum, which lie as far below this.
    func expect(_ actual: Tensor, _ expected: [Double], _ magnitude: [Double], terms: Int) {
      expectClose(
        actual.values.map(Double.init), expected,
        absolute: Double(terms) * 0x1p-24 * (magnitude.max() ?? 0))
    }
    let taps = shape.kernel * shape.kernel
    expect(
      layer.forward(LayerInput(values: x)).values, reference.output, reference.outputMagnitude,
      terms: shape.patchCount)
    expect(
      layer.backward(dy).values, reference.inputGradient, reference.inputMagnitude,
      terms: taps * shape.outputChannels)
    expect(
      layer.weight.gradient, reference.weightGradient, reference.weightMagnitude,
      terms: batch * shape.outputSide * shape.outputSide)
  }

  /// Chunks of a few tiles, so that small batches have many: shared by all threads, and not.
  static let tilings = [0, 1 << 20].map { fewWeights in
    var tiling = Tiling()
    (tiling.sharedChunk, tiling.ownChunk, tiling.fewWeights) = (20_000, 20_000, fewWeights)
    return tiling
  }

  @Test(arguments: shapes, tilings)
  func `any number of threads gives the same bits`(shape: ConvolutionShape, tiling: Tiling) {
    func run(threads: Int) -> [[Float]] {
      let layer = Self.layer(shape, threads: threads, tiling: tiling)
      let output = layer.forward(
        LayerInput(values: randomTensor("x", shape.inputShape(batch: 5)))
      ).values
      let gradient = layer.backward(randomTensor("dy", shape.outputShape(batch: 5))).values
      return [output.values, gradient.values, layer.weight.gradient.values]
    }
    let one = run(threads: 1)
    for threads in [2, 5] {
      let isSame = run(threads: threads) == one
      #expect(isSame, "\(threads) threads")
    }
  }
}
