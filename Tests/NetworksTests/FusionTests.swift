// N batch, H height, W width, C channels.

import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// What layers do while they read, and their epilogues, against the same in separate steps.
struct FusionTests {
  static let batch = 3

  private static func engine(_ kernels: Kernels) -> Engine {
    Engine(workers: Workers(count: 2), kernels: kernels)
  }

  /// Batch normalization and ReLU, element by element.
  private static func normalized(_ x: Tensor, _ coefficients: Tensor) -> Tensor {
    let channels = x.shape[3]
    return Tensor(
      x.shape,
      (0..<x.count).map {
        max(0, x[$0] * coefficients[$0 % channels] + coefficients[channels + $0 % channels])
      })
  }

  @Test(arguments: ConvolutionTests.shapes, Kernels.available)
  func `reading normalizes, writing adds and sums`(shape: ConvolutionShape, kernels: Kernels) {
    let layer = ConvolutionTests.layer(shape, threads: 2, kernels: kernels)
    let x = randomTensor("x", shape.inputShape(batch: Self.batch))
    let coefficients = randomTensor("coefficients", [2, shape.inputChannels])
    let addend = randomTensor("addend", shape.outputShape(batch: Self.batch))
    let plain = layer.forward(
      LayerInput(values: Self.normalized(x, coefficients)), sumsChannels: false)
    let fused = layer.forward(
      LayerInput(values: x, normalization: coefficients), adding: addend)
    // The same arithmetic except for the rounding of a multiply-add on reading: at most 2⁻²⁴ of
    // inputs below 2, which F(4×4, 3×3) can amplify by (10 · 19)² / 144 times the taps' weights.
    let tolerance = Double(shape.patchCount) * 2 * 0x1p-24 * 250
    let expected = zip(plain.values.values, addend.values).map { Double($0) + Double($1) }
    expectClose(fused.values.values.map(Double.init), expected, absolute: tolerance)

    let channels = shape.outputChannels
    var sums = [Double](repeating: 0, count: 2 * channels)
    for (i, value) in fused.values.values.enumerated() {
      sums[i % channels] += Double(value)
      sums[channels + i % channels] += Double(value) * Double(value)
    }
    // Partial sums of 16 in Float: 16 roundings of the largest sum of magnitudes.
    let largest = sums[channels...].max() ?? 0
    let pixels = Double(addend.count / channels)
    expectClose(
      fused.sums, sums, absolute: 16 * 0x1p-24 * max(largest, (largest * pixels).squareRoot()))
  }

  @Test(arguments: ConvolutionTests.shapes, Kernels.available)
  func `gradients are added, gated and summed on writing`(
    shape: ConvolutionShape, kernels: Kernels
  ) {
    let layer = ConvolutionTests.layer(shape, threads: 2, kernels: kernels)
    let dy = randomTensor("dy", shape.outputShape(batch: Self.batch))
    let x = randomTensor("x", shape.inputShape(batch: Self.batch))
    let addend = randomTensor("addend", x.shape)
    let coefficients = randomTensor("coefficients", [3, shape.inputChannels])
    let plain = layer.inputGradient(dy).values.values
    let gated = layer.inputGradient(
      dy, adding: addend, through: Gate(input: x, coefficients: coefficients))
    let channels = shape.inputChannels
    var sums = [Double](repeating: 0, count: 2 * channels)
    var magnitude = 0.0
    for (i, gradient) in plain.enumerated() {
      let c = i % channels
      // Where the sign depends on a rounding, either outcome is right.
      let normalized = Double(x[i]) * Double(coefficients[c]) + Double(coefficients[channels + c])
      let isOpen = normalized > 0
      let expected = isOpen ? gradient + addend[i] : 0
      if abs(normalized) > 0x1p-20 {
        #expect(gated.values[i] == expected)
      }
      let value = Double(gated.values[i])
      sums[c] += value
      sums[channels + c] += value * Double(x[i] - coefficients[2 * channels + c])
      magnitude = max(magnitude, abs(value))
    }
    // Partial sums of 16 in Float of values up to the magnitude times 2.
    let pixels = Double(x.count / channels)
    expectClose(gated.sums, sums, absolute: 16 * 0x1p-24 * pixels * magnitude * 2)
  }

  /// The memory of sums is reused: values that no task has written must not be added.
  @Test(arguments: Kernels.available)
  func `sums do not depend on what was summed before`(kernels: Kernels) {
    // 19 images of 64 tiles: the last chunk has fewer tasks than the others.
    let shape = ConvolutionShape(
      inputSide: 32, inputChannels: 16, outputChannels: 16, kernel: 3, paddingBefore: 1,
      paddingAfter: 1)
    var tiling = Tiling()
    tiling.ownChunk = 100_000
    let layer = ConvolutionTests.layer(shape, threads: 2, kernels: kernels, tiling: tiling)
    let x = LayerInput(values: randomTensor("x", shape.inputShape(batch: 19)))
    let big = LayerInput(values: randomTensor("big", shape.inputShape(batch: 40)))
    let first = layer.forward(x).sums
    _ = layer.forward(big)
    #expect(layer.forward(x).sums == first)
  }

  /// A channel far from zero keeps the digits of its variance.
  @Test func `the variance of features far from zero`() {
    let engine = Self.engine(.preferred)
    let (rows, offset) = (640, 100.0)
    let noise = (0..<rows).map { Float(offset + 0.01 * sin(Double($0))) }
    let layer = BatchNormalization("bn", channels: 1, engine: engine)
    _ = layer.forward(
      engine.applyEpilogue(
        of: LayerOutput(values: Tensor([10, 8, 8, 1], noise), sumsChannels: true)))
    let mean = noise.reduce(0) { $0 + Double($1) } / Double(rows)
    let variance = noise.reduce(0) { $0 + pow(Double($1) - mean, 2) } / Double(rows - 1)
    // The differences from the mean are exact to 2⁻²⁴ · 100 / 0.01 = 6e-4 of the deviation at
    // worst.
    expectClose(
      Double(layer.runningVariance[0]) - 0.9, 0.1 * variance, absolute: 0x1p-23 + 6e-5 * variance)
    // The running variance holds the batch's with a rounding of 2⁻²³; the scale holds more digits.
    let scale = Double(layer.gate.coefficients[0])
    let biased = variance * Double(rows - 1) / Double(rows)
    expectClose(scale * (biased + 1e-5).squareRoot(), 1, absolute: 1e-4)
  }

  /// A copy has the network's weights and statistics at the time it was made.
  @Test func `an inference copy keeps its weights`() throws {
    let subject = try ParitySubject(ParityFixture(named: "wrn-10-1-m2"))
    let network = subject.network
    let images = subject.images[0]
    let copy = InferenceNetwork(network)
    let before = copy.logits(images).values
    for parameter in network.parameters { parameter.value.fill(with: 0.5) }
    #expect(copy.logits(images).values == before)
    #expect(InferenceNetwork(network).logits(images).values != before)
  }

  @Test func `after the first, a step takes no more buffers`() throws {
    let subject = try ParitySubject(ParityFixture(named: "wrn-10-1-m2"))
    _ = subject.step()
    let engine = subject.network.engine
    let count = engine.bufferCount
    _ = subject.step()
    _ = subject.step()
    #expect(count > 0 && engine.bufferCount == count)
  }
}
