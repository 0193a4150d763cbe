import Networks
import Tensors
import TestSupport
import Testing

struct ConvolutionTests {
  static let batch = 5
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
      inputSide: 16, inputChannels: 70, outputChannels: 40, kernel: 3, stride: 2,
      paddingBefore: 1, paddingAfter: 1),
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

  /// Sums of products, in Double.
  struct Sums {
    private(set) var values: [Double]
    /// Σ|aᵢbᵢ| of each.
    private(set) var magnitudes: [Double]
    /// The products of a sum, fewer at the borders of images.
    let terms: Int

    init(count: Int, terms: Int) {
      values = [Double](repeating: 0, count: count)
      magnitudes = values
      self.terms = terms
    }

    mutating func add(_ product: Double, at index: Int) {
      values[index] += product
      magnitudes[index] += abs(product)
    }

    /// The distances of other values, each in units of √terms · 2⁻²⁴ · its own Σ|aᵢbᵢ|.
    func errors(of others: [Double]) -> [Double] {
      let unit = Double(terms).squareRoot() * 0x1p-24
      return values.indices.map { index in
        // A sum of no products must be zero.
        abs(others[index] - values[index]) / max(unit * magnitudes[index], .leastNormalMagnitude)
      }
    }
  }

  /// The convolution and its two derivatives, each term by term.
  struct Reference {
    var output: Sums
    var inputGradient: Sums
    var weightGradient: Sums

    init(_ shape: ConvolutionShape, _ x: [Double], _ w: [Double], _ dy: [Double]) {
      output = Sums(count: dy.count, terms: shape.patchCount)
      inputGradient = Sums(
        count: x.count, terms: shape.kernel * shape.kernel * shape.outputChannels)
      weightGradient = Sums(
        count: w.count, terms: ConvolutionTests.batch * shape.outputSide * shape.outputSide)
      Self.forEachProduct(shape, batch: ConvolutionTests.batch) { o, i, k in
        output.add(x[i] * w[k], at: o)
        inputGradient.add(dy[o] * w[k], at: i)
        weightGradient.add(dy[o] * x[i], at: k)
      }
    }

    /// Visits every (output, input, weight) index triple.
    private static func forEachProduct(
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

    private static func pairs(_ first: Int, _ second: Int) -> some Sequence<(Int, Int)> {
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

  /// The largest errors that are allowed, in the units of `Sums.errors(of:)`.
  ///
  /// The rounding error of a sum of T products grows like √T (Higham and Mary 2019); in simulations
  /// of these shapes, to 1.2 units at most. The terms that cancel to an output of F(4×4, 3×3) are up
  /// to Σᵢ (Aᵢ₃ ‖Bᵢ‖ ‖Gᵢ‖)² / 3 = 31 times as large in mean square, which costs 9 units at most. Both
  /// bounds leave room for other orders of summation; factors rounded to bfloat16 exceed them
  /// fivefold.
  private static func bound(_ layer: ConvolutionLayer) -> Double {
    layer.methodName == "winograd" ? 32 : 4
  }

  /// Of products whose factors are off: by 2⁻¹⁶ each at most, and as much again for the low halves'
  /// own product, or by 2⁻⁸ each; F(4×4, 3×3) makes of that up to 9 times as much, see above.
  private static func bound(_ layer: ConvolutionLayer, _ precision: Precision) -> Double {
    switch precision {
    case .highest: bound(layer)
    case .high: bound(layer) + 3 * 0x1p8 * (layer.methodName == "winograd" ? 9 : 1)
    case .medium: bound(layer) + 2 * 0x1p16
    }
  }

  @Test(arguments: shapes, TileTests.choices)
  func `sums of split factors`(shape: ConvolutionShape, kernels: Kernels) {
    for tiling in [Tiling()] + Self.tilings {
      let layer = Self.layer(shape, threads: 2, kernels: kernels, tiling: tiling)
      #expect(kernels.precision != .medium || layer.methodName != "winograd")
      expectSums(shape, layer, kernels.precision)
    }
  }

  private func expectSums(
    _ shape: ConvolutionShape, _ layer: ConvolutionLayer, _ precision: Precision = .highest
  ) {
    let x = randomTensor("x", shape.inputShape(batch: Self.batch))
    let dy = randomTensor("dy", shape.outputShape(batch: Self.batch))
    let reference = Reference(
      shape, x.values.map(Double.init), layer.weight.value.values.map(Double.init),
      dy.values.map(Double.init))
    func expect(_ actual: Tensor, _ sums: Sums, _ name: String) {
      let errors = sums.errors(of: actual.values.map(Double.init))
      expectClose(
        errors, [Double](repeating: 0, count: errors.count), absolute: Self.bound(layer, precision),
        name)
    }
    expect(layer.forward(LayerInput(values: x)).values, reference.output, "output")
    expect(layer.backward(dy).values, reference.inputGradient, "input gradient")
    expect(layer.weight.gradient, reference.weightGradient, "weight gradient")
  }

  @Test(arguments: shapes)
  func `the bounds do not let factors of bfloat16 pass`(shape: ConvolutionShape) {
    let layer = Self.layer(shape, threads: 1)
    let factors = [
      randomTensor("x", shape.inputShape(batch: Self.batch)), layer.weight.value,
      randomTensor("dy", shape.outputShape(batch: Self.batch)),
    ].map(\.values)
    let exact = factors.map { $0.map(Double.init) }
    let rounded = factors.map { $0.map { Double($0.roundedToBFloat16) } }
    let expected = Reference(shape, exact[0], exact[1], exact[2])
    let found = Reference(shape, rounded[0], rounded[1], rounded[2])
    for sums in [\Reference.output, \.inputGradient, \.weightGradient] {
      let errors = expected[keyPath: sums].errors(of: found[keyPath: sums].values)
      #expect((errors.max() ?? 0) > Self.bound(layer), "\(sums)")
    }
  }

  /// Chunks of a few tiles, so that small batches have many chunks, which all threads share or each
  /// thread has to itself.
  static let tilings = [0, 1 << 20].map { fewWeights in
    var tiling = Tiling()
    (tiling.sharedChunk, tiling.ownChunk, tiling.fewWeights) = (20_000, 20_000, fewWeights)
    return tiling
  }

  @Test(arguments: shapes, [.preferred] + TileTests.choices)
  func `any number of threads gives the same bits`(shape: ConvolutionShape, kernels: Kernels) {
    for tiling in Self.tilings { expectSameBits(shape, kernels, tiling) }
  }

  private func expectSameBits(_ shape: ConvolutionShape, _ kernels: Kernels, _ tiling: Tiling) {
    func run(threads: Int) -> [[Float]] {
      let layer = Self.layer(shape, threads: threads, kernels: kernels, tiling: tiling)
      let output = layer.forward(
        LayerInput(values: randomTensor("x", shape.inputShape(batch: Self.batch)))
      ).values
      let gradient = layer.backward(randomTensor("dy", shape.outputShape(batch: Self.batch))).values
      return [output.values, gradient.values, layer.weight.gradient.values]
    }
    let one = run(threads: 1)
    for threads in [2, 3, 5] {
      let isSame = run(threads: threads) == one
      #expect(isSame, "\(threads) threads")
    }
  }
}

extension Float {
  /// The nearest number with a significand of eight bits; ties go to the even one.
  fileprivate var roundedToBFloat16: Float {
    Float(bitPattern: (bitPattern + 0x7FFF + (bitPattern >> 16 & 1)) & 0xFFFF_0000)
  }
}
