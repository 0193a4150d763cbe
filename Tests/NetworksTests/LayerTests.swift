import CKernels
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

struct LayerTests {
  let engine = Engine(workers: Workers(count: 2))

  /// Features with the sums that batch normalization needs.
  private func summed(_ x: Tensor) -> FeatureMap {
    engine.applyEpilogue(of: LayerOutput(values: x, sumsChannels: true))
  }

  /// The values that a layer reads.
  private func read(_ input: LayerInput) -> Tensor {
    let output = Tensor(input.values.shape)
    var pixels = input.kernelInput
    engine.kernels.table.readPixels(
      &pixels, KernelRange(0..<output.count / output.shape[3]), output.elements)
    return output
  }

  @Test func `batch normalization follows its formula and its derivative`() {
    let (rows, channels) = (3 * 5 * 5, 4)
    let layer = BatchNormalization("bn", channels: channels, engine: engine)
    let (weight, bias) = (randomTensor("w", [channels]), randomTensor("b", [channels]))
    layer.weight.value.assign(weight)
    layer.bias.value.assign(bias)
    let x = randomTensor("x", [3, 5, 5, channels])
    let dy = randomTensor("dy", x.shape)

    func output(_ x: [Double], _ w: [Double], _ b: [Double]) -> [Double] {
      var y = x
      for c in 0..<channels {
        let column = stride(from: c, to: x.count, by: channels)
        let mean = column.reduce(0) { $0 + x[$1] } / Double(rows)
        let variance = column.reduce(0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / Double(rows)
        for i in column {
          y[i] = max(0, (x[i] - mean) / (variance + 1e-5).squareRoot() * w[c] + b[c])
        }
      }
      return y
    }
    func loss(_ x: [Double], _ w: [Double], _ b: [Double]) -> Double {
      zip(output(x, w, b), dy.values).reduce(0) { $0 + $1.0 * Double($1.1) }
    }
    let point = (doubles(x), doubles(weight), doubles(bias))

    // Values of order 3, each after a dozen roundings: 12 · 2⁻²⁴ · 3 < 3e-6.
    expectClose(
      doubles(read(layer.forward(summed(x)))), output(point.0, point.1, point.2),
      absolute: 3e-6)
    let gated = engine.applyEpilogue(
      of: LayerOutput(values: Tensor(dy.shape, dy.values), gate: layer.gate, sumsChannels: true))
    let dx = layer.backward(gated)
    // Sums of 75 terms of order 1 in Float: 75 · 2⁻²⁴ · 3 < 2e-5; no element lies within the
    // differences' step of ReLU's kink (checked below).
    expectClose(
      doubles(dx), centralDifferences(at: point.0) { loss($0, point.1, point.2) }, absolute: 2e-5)
    expectClose(
      doubles(layer.weight.gradient),
      centralDifferences(at: point.1) { loss(point.0, $0, point.2) }, absolute: 2e-5)
    expectClose(
      doubles(layer.bias.gradient),
      centralDifferences(at: point.2) { loss(point.0, point.1, $0) }, absolute: 2e-5)
    #expect(output(point.0, point.1, point.2).allSatisfy { $0 == 0 || $0 > 1e-3 })
  }

  @Test func `running statistics use the unbiased variance, inference uses them`() {
    let layer = BatchNormalization("bn", channels: 1, engine: engine)
    _ = layer.forward(summed(Tensor([4, 1, 1, 1], [1, 2, 3, 6])))
    // Mean 3, unbiased variance 14/3; momentum 0.1 from (0, 1). Two roundings: 2⁻²³.
    expectClose(layer.runningMean[0], 0.3, absolute: 0x1p-23)
    expectClose(layer.runningVariance[0], 0.9 + 1.4 / 3, absolute: 0x1p-22)
    #expect(layer.batchCount == 1)
    let output = read(
      LayerInput(
        values: Tensor([1, 1, 1, 1], [2]), normalization: layer.inferenceCoefficients()))
    let expected = (2 - 0.3) / (0.9 + 1.4 / 3 + 1e-5).squareRoot()
    expectClose(Double(output[0]), expected, absolute: 4 * 0x1p-23)
    #expect(layer.batchCount == 1)
  }

  @Test func `average pool and its derivative`() {
    let pool = AveragePool(engine: engine)
    let x = randomTensor("x", [2, 3, 3, 5])
    let dy = randomTensor("dy", [2, 5])
    func output(_ x: [Double]) -> [Double] {
      (0..<10).map { index -> Double in
        let (image, channel) = index.quotientAndRemainder(dividingBy: 5)
        let pixels = (0..<9).map { x[(image * 9 + $0) * 5 + channel] }
        return pixels.reduce(0, +) / 9
      }
    }
    // Nine terms of order 1: 9 · 2⁻²⁴.
    expectClose(
      doubles(pool.forward(LayerInput(values: x))), output(doubles(x)), absolute: 9 * 0x1p-24)
    let expected = centralDifferences(at: doubles(x)) {
      zip(output($0), dy.values).reduce(0) { $0 + $1.0 * Double($1.1) }
    }
    // One division in Float of numbers below 1/9, and 1e-9 from the differences.
    expectClose(doubles(pool.backward(dy, through: nil).values), expected, absolute: 1e-8)
  }

  @Test func `linear heads and their derivatives`() {
    let (batch, features, classes) = (3, 6, 4)
    let heads = LinearHeads(
      ["list_fc.0", "list_fc.1"], features: features, classes: classes, engine: engine)
    for (index, parameter) in (heads.weights + heads.biases).enumerated() {
      parameter.value.assign(randomTensor("p\(index)", parameter.value.shape))
    }
    let x = randomTensor("x", [batch, features])
    let dy = randomTensor("dy", [batch, 2, classes])

    func output(_ x: [Double], head: Int, _ w: [Double], _ b: [Double]) -> [Double] {
      (0..<batch * classes).map { index in
        let (image, k) = index.quotientAndRemainder(dividingBy: classes)
        return (0..<features).reduce(b[k]) {
          $0 + x[image * features + $1] * w[k * features + $1]
        }
      }
    }
    func loss(_ x: [Double], head: Int, _ w: [Double], _ b: [Double]) -> Double {
      output(x, head: head, w, b).enumerated().reduce(0) { sum, item in
        let (image, k) = item.offset.quotientAndRemainder(dividingBy: classes)
        return sum + item.element * Double(dy[(image * 2 + head) * classes + k])
      }
    }
    let logits = heads.forward(x, isTraining: true)
    let dx = heads.backward(dy)
    var expectedInputGradient = [Double](repeating: 0, count: x.count)
    for head in 0..<2 {
      let (w, b) = (doubles(heads.weights[head].value), doubles(heads.biases[head].value))
      let values = (0..<batch * classes).map {
        Double(logits[($0 / classes * 2 + head) * classes + $0 % classes])
      }
      // At most 7 products of order 1: 7 · 2⁻²⁴ · 7 < 4e-6 bounds every sum below.
      expectClose(values, output(doubles(x), head: head, w, b), absolute: 4e-6)
      expectClose(
        doubles(heads.weights[head].gradient),
        centralDifferences(at: w) { loss(doubles(x), head: head, $0, b) }, absolute: 4e-6)
      expectClose(
        doubles(heads.biases[head].gradient),
        centralDifferences(at: b) { loss(doubles(x), head: head, w, $0) }, absolute: 4e-6)
      let part = centralDifferences(at: doubles(x)) { loss($0, head: head, w, b) }
      for i in part.indices { expectedInputGradient[i] += part[i] }
    }
    expectClose(doubles(dx), expectedInputGradient, absolute: 8e-6)  // both heads' bounds
  }

  /// Masks of every kind: per pixel, per channel, and per pixel and channel.
  @Test(arguments: [2, 3], [[2, 4, 4], [2, 3], [2, 4, 4, 3]])
  func `mixing weighs the encodings, and its derivative the gradient`(
    members: Int, maskShape: [Int]
  ) {
    let mixing = FeatureMixing(engine: engine)
    let encodings = (0..<members).map { randomTensor("e\($0)", [2, 4, 4, 3]) }
    let masks = (0..<members).map { randomTensor("m\($0)", maskShape) }
    func share(_ member: Int, _ i: Int) -> Double {
      let index = [2: i / 48 * 3 + i % 3, 3: i / 3, 4: i][maskShape.count] ?? 0
      return Double(members) * Double(masks[member][index])
    }
    let mixed = mixing.forward(encodings, masks: masks)
    let expected = (0..<mixed.count).map { i in
      (0..<members).reduce(0) { $0 + share($1, i) * Double(encodings[$1][i]) }
    }
    // 3M products of order M: 3M · 2⁻²⁴ · M < 2e-6 for M = 3.
    expectClose(doubles(mixed), expected, absolute: 2e-6)
    let dy = randomTensor("dy", mixed.shape)
    for (member, gradient) in mixing.backward(dy).enumerated() {
      let exact = (0..<dy.count).map { share(member, $0) * Double(dy[$0]) }
      expectClose(doubles(gradient), exact, absolute: 1e-6)  // two roundings of numbers below 3
    }
  }

  @Test func `soft cross-entropy and its derivative`() {
    let (batch, members, classes) = (3, 2, 5)
    let logits = randomTensor("logits", [batch, members, classes])
    let targets = (0..<members).map { randomTensor("t\($0)", [batch, classes]) }
    func loss(_ z: [Double]) -> Double {
      var total = 0.0
      for (m, n) in (0..<members * batch).map({ ($0 / batch, $0 % batch) }) {
        let row = (0..<classes).map { z[(n * members + m) * classes + $0] }
        let normalizer = log(row.reduce(0) { $0 + exp($1) })
        for k in 0..<classes {
          total -= Double(targets[m][n * classes + k]) * (row[k] - normalizer) / Double(batch)
        }
      }
      return total
    }
    let value = SoftCrossEntropy.evaluate(logits, targets: targets)
    // Computed in Double throughout; the gradient is rounded once to Float.
    expectClose(value.losses.reduce(0, +), loss(doubles(logits)), absolute: 1e-14)
    expectClose(
      doubles(value.gradient), centralDifferences(at: doubles(logits), loss),
      absolute: 0x1p-24 + 1e-8)
  }

  @Test func `logits too large for exp give a finite loss`() {
    let logits = Tensor([1, 1, 2], [1000, -1000])
    let losses = SoftCrossEntropy.evaluate(logits, targets: [Tensor([1, 2], [0, 1])]).losses
    #expect(losses == [2000])
  }

  private func doubles(_ tensor: Tensor) -> [Double] { tensor.values.map(Double.init) }
}
