// Every kernel of networks, at every level that this machine can run, against its reference; those
// of probabilities are tested with Tensors.

import CKernels
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

struct KernelTests {
  /// Channels and sides: channels below, at and above a vector, a panel and a group, and images of
  /// more than one tile.
  static let extents = [(1, 4), (7, 8), (16, 4), (33, 8), (64, 4), (70, 8), (160, 4)]
  static let images = 2

  private static func random(_ name: String, _ count: Int) -> Tensor {
    randomTensor(name, [count])
  }

  /// Expects each element within `roundings` roundings of sums of magnitudes up to `magnitude`.
  private func expectSame(
    _ found: Tensor, _ expected: Tensor, magnitude: Double, roundings: Double, _ what: String
  ) {
    expectClose(
      found.values.map(Double.init), expected.values.map(Double.init),
      absolute: roundings * 0x1p-24 * magnitude, what)
  }

  /// Calls `body` with a table and an output of `count` zeros, for the level and the reference.
  private func outputs(
    _ kernels: Kernels, count: Int, _ body: (KernelTable, UnsafeMutablePointer<Float>) -> Void
  ) -> (Tensor, Tensor) {
    let (found, expected) = (Tensor([count]), Tensor([count]))
    body(kernels.table, found.elements)
    body(Kernels.reference.table, expected.elements)
    return (found, expected)
  }

  @Test(arguments: Kernels.available, extents)
  func `tiles of inputs and output gradients`(kernels: Kernels, extent: (Int, Int)) {
    let (channels, side) = extent
    let tiles = Self.images * side * side / 16
    let x = Self.random("x", Self.images * side * side * channels)
    let (scale, shift) = (Self.random("scale", channels), Self.random("shift", channels))
    for isNormalized in [false, true] {
      var input = KernelInput(
        values: x.elements, side: side, channels: channels,
        scale: isNormalized ? UnsafePointer(scale.elements) : nil,
        shift: isNormalized ? UnsafePointer(shift.elements) : nil)
      let stride = tiles * channels + 3
      let first = tiles / 3
      let range = KernelRange(first..<tiles)
      // The rows of |Bᵀ| and |A| sum to 10 and 15 in each direction, and inputs are below 2; there
      // are a dozen roundings.
      for (what, rows) in [("input", 10.0), ("gradient", 15.0)] {
        let (found, expected) = outputs(kernels, count: 36 * stride) { table, out in
          let transformed = KernelTiles(values: out, positionStride: stride, rowStride: channels)
          if what == "input" {
            table.products.transformInput(&input, range, transformed)
          } else {
            table.transformOutputGradient(&input, range, transformed)
          }
        }
        expectSame(found, expected, magnitude: 2 * rows * rows, roundings: 12, what)
      }
      let (found, expected) = outputs(kernels, count: x.count) { table, out in
        table.readPixels(&input, KernelRange(1..<Self.images * side * side), out)
      }
      expectSame(found, expected, magnitude: 2, roundings: 2, "pixels")
      withExtendedLifetime((x, scale, shift)) {}
    }
  }

  static let rowKernels =
    Kernels.available.filter(\.rowsAreIndependent)
    + TileTests.choices

  // Exact sums over processes depend on it.
  @Test(arguments: rowKernels, [1, 7, 64])
  func `a row of a product is the same bits among any others`(kernels: Kernels, depth: Int) {
    let (rows, columns) = (40, kernels.paddedColumns(33))
    let left = Self.random("left", rows * depth)
    let right = Self.random("right", depth * columns)
    let panels = Tensor([kernels.paddedDepth(depth), columns])
    kernels.pack(
      right.elements, rowStride: columns, depth: depth, columns: columns, into: panels.elements)
    func product(_ range: Range<Int>) -> [Float] {
      let product = Self.random("product", rows * columns)
      kernels.multiply(
        rows: range.count, columns: columns, depth: depth,
        left: left.elements + range.lowerBound * depth, leftStride: depth, panels: panels.elements,
        product: product.elements + range.lowerBound * columns, productStride: columns,
        accumulating: true)
      return product.values
    }
    let whole = product(0..<rows)
    for cut in 1..<rows {
      let (first, rest) = (product(0..<cut), product(cut..<rows))
      #expect(first[..<(cut * columns)] + rest[(cut * columns)...] == whole[...])
    }
  }

  /// The steps of an epilogue, one by one and together.
  static let steps: [(addend: Bool, bias: Bool, rectifies: Bool, gate: Bool, sums: Bool)] = [
    (false, false, false, false, false), (true, false, false, false, true),
    (false, true, true, false, false), (true, true, true, false, true),
    (false, false, false, true, true), (true, false, false, true, true),
  ]

  @Test(arguments: Kernels.available, extents)
  func `outputs with every epilogue`(kernels: Kernels, extent: (Int, Int)) {
    let (channels, side) = extent
    let pixels = Self.images * side * side
    let tiles = pixels / 16
    let (rowStride, stride) = (channels + 5, tiles * (channels + 5) + 3)
    let products = Self.random("m", 36 * stride)
    let old = Self.random("old", pixels * channels)
    let (addend, gate) = (
      Self.random("addend", old.count), Self.random("gate", old.count)
    )
    let (bias, pivot) = (Self.random("bias", channels), Self.random("pivot", channels))
    let coefficients = Self.random("coefficients", 3 * channels)
    for step in Self.steps {
      for isTransform in [true, false] {
        var sums: [[Double]] = []
        let (found, expected) = outputs(kernels, count: old.count) { table, out in
          out.update(from: old.elements, count: old.count)
          var sum = [Double](repeating: 0, count: 2 * channels)
          sum.withUnsafeMutableBufferPointer { sum in
            var output = KernelOutput(
              values: out, side: side, channels: channels,
              addend: step.addend ? UnsafePointer(addend.elements) : nil,
              bias: step.bias ? UnsafePointer(bias.elements) : nil,
              rectifies: step.rectifies ? 1 : 0,
              gate: step.gate ? UnsafePointer(gate.elements) : nil,
              gateScale: coefficients.elements, gateShift: coefficients.elements + channels,
              gateMean: coefficients.elements + 2 * channels,
              sums: step.sums ? sum.baseAddress : nil,
              pivot: step.bias ? UnsafePointer(pivot.elements) : nil)
            if isTransform {
              let products = KernelTiles(
                values: products.elements, positionStride: stride, rowStride: rowStride)
              table.transformOutput(products, KernelRange(0..<tiles), &output)
            } else {
              for part in [0..<channels / 2, channels / 2..<channels] {
                table.applyEpilogue(&output, KernelRange(1..<pixels), KernelRange(part))
              }
            }
          }
          sums.append(sum)
        }
        // The rows of |Aᵀ| sum to 19 in each direction; there are two dozen roundings.
        let magnitude = isTransform ? 19.0 * 19 : 3
        let what = "\(step), transform: \(isTransform)"
        expectSame(found, expected, magnitude: magnitude, roundings: 24, what)
        // Sums over 16 pixels in Float, of values that may differ by as much, and of their squares
        // or products.
        let largest = found.values.reduce(1) { max($0, Double(abs($1))) }
        let error = 24 * 0x1p-24 * magnitude * Double(pixels)
        expectClose(
          Array(sums[0][..<channels]), Array(sums[1][..<channels]), absolute: 2 * error, what)
        expectClose(
          Array(sums[0][channels...]), Array(sums[1][channels...]),
          absolute: 4 * error * (step.gate ? 2 : largest), what)
      }
    }
    withExtendedLifetime((products, addend, gate, bias, pivot, coefficients)) {}
  }

  @Test(
    arguments: Kernels.available,
    [(1, 1), (8, 16), (9, 37), (33, 64), (70, 35), (150, 160), (130, 70)])
  func `weights there and back`(kernels: Kernels, extent: (Int, Int)) {
    let (inputs, outputs) = extent
    let channels = KernelChannels(inputs: inputs, outputs: outputs)
    let weights = Self.random("w", 9 * inputs * outputs)
    // The rows of |G| sum to at most 1; there are ten roundings.
    for width in [16, 32, outputs] {
      let count = (outputs + width - 1) / width * width * inputs
      let (found, expected) = self.outputs(kernels, count: 36 * (count + 80)) { table, out in
        let panels = KernelPanels(values: out, width: width, positionStride: count + 80)
        for part in [0..<inputs / 2, inputs / 2..<inputs] {
          table.products.transformWeights(weights.elements, channels, KernelRange(part), panels)
        }
      }
      expectSame(found, expected, magnitude: 1, roundings: 10, "weights, width \(width)")
    }
    for width in [16, 32, inputs] {
      let count = (inputs + width - 1) / width * width * outputs
      let (found, expected) = self.outputs(kernels, count: 36 * (count + 80)) { table, out in
        let panels = KernelPanels(values: out, width: width, positionStride: count + 80)
        for part in [0..<outputs / 2, outputs / 2..<outputs] {
          table.products.transformFlippedWeights(
            weights.elements, channels, KernelRange(part), panels)
        }
      }
      expectSame(found, expected, magnitude: 1, roundings: 10, "flipped, width \(width)")
    }
    let (rowStride, stride) = (outputs + 3, inputs * (outputs + 3) + 5)
    let products = Self.random("u", 36 * stride)
    let (found, expected) = self.outputs(kernels, count: weights.count) { table, out in
      let products = KernelTiles(
        values: products.elements, positionStride: stride, rowStride: rowStride)
      table.transformWeightGradient(products, channels, KernelRange(0..<inputs), out)
    }
    // The columns of |G| sum to at most 1.4.
    expectSame(found, expected, magnitude: 2, roundings: 12, "weight gradient")
    withExtendedLifetime((weights, products)) {}
  }

  @Test(
    arguments: Kernels.available,
    [(1, 1, 1), (6, 16, 4), (5, 17, 3), (13, 33, 7), (14, 64, 16), (29, 70, 33), (100, 160, 161)])
  func `products`(kernels: Kernels, extent: (Int, Int, Int)) {
    let (rows, columns, depth) = extent
    let stride = [kernels, .reference].map { $0.paddedColumns(columns) + 8 }.max() ?? 0
    let right = Self.random("right", depth * columns)
    let left = Self.random("left", (rows + depth) * (max(rows, depth) + 2))
    for (isTransposed, isAccumulating) in [
      (false, false), (false, true), (true, false), (true, true),
    ] {
      let leftStride = (isTransposed ? rows : depth) + 2
      let found = [kernels, .reference].map { kernels in
        let product = Self.random("product", rows * stride)
        let panels = Tensor([depth, kernels.paddedColumns(columns)])
        kernels.pack(
          right.elements, rowStride: columns, depth: depth, columns: columns,
          into: panels.elements)
        kernels.multiply(
          rows: rows, columns: columns, depth: depth, left: left.elements, leftStride: leftStride,
          isTransposed: isTransposed, panels: panels.elements, product: product.elements,
          productStride: stride, accumulating: isAccumulating)
        // Whole panels are written, and nothing beyond them.
        let padded = kernels.paddedColumns(columns)
        let before = Self.random("product", rows * stride)
        let isKept = (0..<rows).allSatisfy { row in
          (padded..<stride).allSatisfy { product[row * stride + $0] == before[row * stride + $0] }
        }
        #expect(isKept, "\(kernels)")
        return (0..<rows).flatMap { row in (0..<columns).map { product[row * stride + $0] } }
      }
      // Sums of depth products below 1, and what was there, in another order.
      let what = "transposed: \(isTransposed), accumulating: \(isAccumulating)"
      expectClose(
        found[0].map(Double.init), found[1].map(Double.init),
        absolute: Double((depth + 1) * (depth + 1)) * 0x1p-24, what)
    }
    withExtendedLifetime((right, left)) {}
  }

  /// A training that diverges must be noticed: ReLU must not turn NaN into 0.
  @Test(arguments: [Kernels.reference] + Kernels.available)
  func `NaN stays NaN`(kernels: Kernels) {
    let channels = 20
    let x = Tensor([channels], [Float](repeating: .nan, count: channels))
    let ones = Tensor([channels], [Float](repeating: 1, count: channels))
    var input = KernelInput(
      values: x.elements, side: 1, channels: channels, scale: ones.elements,
      shift: ones.elements)
    let read = Tensor([channels])
    kernels.table.readPixels(&input, KernelRange(0..<1), read.elements)
    #expect(read.values.allSatisfy { $0.isNaN })
    let output = LayerOutput(values: Tensor([1, 1, 1, channels], x.values), rectifies: true)
    output.applyEpilogue(to: 0..<1, sums: nil, kernels: kernels)
    #expect(output.values.values.allSatisfy { $0.isNaN })
    withExtendedLifetime((x, ones)) {}
  }

  @Test func `the level that the environment names is one that this machine can run`() {
    let asked = ProcessInfo.processInfo.environment[Kernels.variable]
    #expect(asked == nil || asked == Kernels.preferred.name)
  }

  @Test(arguments: Kernels.available, extents)
  func `gradients of batch normalization`(kernels: Kernels, extent: (Int, Int)) {
    let (channels, rows) = extent
    let x = Self.random("x", rows * channels)
    let (gradient, addend) = (Self.random("g", x.count), Self.random("a", x.count))
    let coefficients = Self.random("coefficients", 3 * channels)
    for adds in [false, true] {
      let results = [kernels, .reference].map { level in
        let result = Tensor([x.count], gradient.values)
        level.normalizationGradient(
          result.elements, input: x.elements,
          addend: adds ? UnsafePointer(addend.elements) : nil,
          coefficients: coefficients.elements, rows: rows, channels: channels)
        return result
      }
      // Four terms of order 1.
      expectSame(results[0], results[1], magnitude: 4, roundings: 4, "adding: \(adds)")
    }
    withExtendedLifetime((x, gradient, addend, coefficients)) {}
  }
}
