// The instruction on tiles, its emulation, and what splits numbers for them.

import CKernels
import Networks
import Tensors
import TestSupport
import Testing

struct TileTests {
  /// The levels with tiles: the emulated one, and the machine's own where it has one.
  static let levels = Kernels.choices.filter { $0.multiplyTile != nil }

  /// Numbers of both signs and of all magnitudes that `exponents` allow, a few of them zeros.
  private static func halves(
    _ name: String, _ count: Int, exponents: ClosedRange<UInt16>
  ) -> [UInt16] {
    var stream = RandomStream(seed: 1, purpose: name)
    return (0..<count).map { _ in
      let bits = UInt16(truncatingIfNeeded: stream.nextWord())
      if bits % 50 == 0 { return bits & 0x8000 }
      let range = Int(exponents.lowerBound)..<Int(exponents.upperBound) + 1
      return bits & 0x807F | UInt16(stream.integer(in: range)) << 7
    }
  }

  /// The instruction as Intel's manual defines it, a number at a time.
  private static func product(_ left: [UInt16], _ right: [UInt16], _ sums: [Float]) -> [Float] {
    func flushed(_ number: Float) -> Float {
      number.isSubnormal ? Float(sign: number.sign, exponent: 0, significand: 0) : number
    }
    func number(_ half: UInt16) -> Float { flushed(Float(bitPattern: UInt32(half) << 16)) }
    return (0..<256).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: 16)
      var parts: [Float] = [0, 0]
      for k in 0..<16 {
        for i in 0..<2 {
          parts[i] = flushed(
            parts[i].addingProduct(
              number(left[row * 32 + 2 * k + i]), number(right[(k * 16 + column) * 2 + i])))
        }
      }
      return flushed(flushed(sums[index]) + flushed(parts[0] + parts[1]))
    }
  }

  /// Usual magnitudes, those whose products are below the smallest normal number, and those whose
  /// products overflow.
  @Test(arguments: levels, [120...130, 0...70, 180...254] as [ClosedRange<UInt16>])
  func `the instruction, bit for bit`(kernels: Kernels, exponents: ClosedRange<UInt16>) throws {
    let multiply = try #require(kernels.multiplyTile)
    for round in 0..<20 {
      let left = Self.halves("left \(round)", 512, exponents: exponents)
      let right = Self.halves("right \(round)", 512, exponents: exponents)
      let old = Self.halves("sums \(round)", 256, exponents: exponents)
        .map { Float(bitPattern: UInt32($0) << 16 | 0x1234) }
      var sums = old
      multiply(left, right, &sums)
      let expected = Self.product(left, right, old)
      let isSame = zip(sums, expected).allSatisfy {
        $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN
      }
      #expect(isSame, "round \(round)")
    }
  }

  /// The error of a product of 16 bits: each factor is off by 2⁻¹⁶ of itself at most, and the product
  /// of the low halves, 2⁻¹⁶ of the whole at most, is left out; sums are float32.
  private static func bound(_ precision: Precision, depth: Int) -> Double {
    // A factor of bfloat16 is off by 2⁻⁹ of the next power of two, which is 2⁻⁸ of itself.
    let factors = precision == .high ? 3 * 0x1p-16 : 2 * 0x1p-8 + 0x1p-16
    return factors + Double(3 * depth + 2) * 0x1p-24
  }

  /// The levels with tiles at both precisions that they are for.
  static let choices = levels.flatMap { [$0.computing(.high), $0.computing(.medium)] }

  @Test(
    arguments: choices,
    [(1, 1, 1), (5, 17, 3), (32, 32, 32), (33, 40, 31), (70, 64, 300), (100, 160, 513)])
  func `products are within the error of their factors`(
    kernels: Kernels, extent: (Int, Int, Int)
  ) {
    let precision = kernels.precision
    let (rows, columns, depth) = extent
    let (stride, padded) = (kernels.paddedColumns(columns) + 8, kernels.paddedColumns(columns))
    let right = randomTensor("right", [depth, columns])
    let panels = randomTensor("panels", [kernels.paddedDepth(depth), padded])  // leftovers
    kernels.pack(
      right.elements, rowStride: columns, depth: depth, columns: columns, into: panels.elements)
    for (isTransposed, isAccumulating) in [
      (false, false), (false, true), (true, false), (true, true),
    ] {
      let leftStride = (isTransposed ? rows : depth) + 2
      let left = randomTensor("left", [(isTransposed ? depth : rows) * leftStride])
      let product = randomTensor("product", [rows * stride])
      let old = product.values
      kernels.multiply(
        rows: rows, columns: padded, depth: depth, left: left.elements, leftStride: leftStride,
        isTransposed: isTransposed, panels: panels.elements, product: product.elements,
        productStride: stride, accumulating: isAccumulating)
      var worst = 0.0
      for row in 0..<rows {
        for column in 0..<columns {
          let before = isAccumulating ? Double(old[row * stride + column]) : 0
          var (sum, magnitude) = (before, abs(before))
          for k in 0..<depth {
            let term =
              Double(left[isTransposed ? k * leftStride + row : row * leftStride + k])
              * Double(right[k * columns + column])
            sum += term
            magnitude += abs(term)
          }
          worst = max(worst, abs(Double(product[row * stride + column]) - sum) / magnitude)
        }
        let rest = row * stride + padded..<(row + 1) * stride
        let isKept = product.values[rest] == old[rest]
        #expect(isKept, "beyond the columns of row \(row)")
      }
      #expect(worst <= Self.bound(precision, depth: depth), "\(isTransposed), \(isAccumulating)")
      // One half cannot pass for two.
      if precision == .medium, depth > 1 {
        #expect(worst > Self.bound(.high, depth: depth))
      }
    }
  }

  /// What goes into products of 16 bits against the transforms in float32: sums of halves are within
  /// 2⁻¹⁶ of what is split, and what is filled up is zero.
  @Test(arguments: levels, [(9, 4), (32, 8), (70, 4)])
  func `transformed inputs are split`(level: Kernels, extent: (Int, Int)) {
    let kernels = level.computing(.high)
    let ((channels, side), images) = (extent, 2)
    let (tiles, depth) = (images * side * side / 16, kernels.paddedDepth(channels))
    let x = randomTensor("x", [images, side, side, channels])
    let (scale, shift) = (randomTensor("scale", [channels]), randomTensor("shift", [channels]))
    var input = KernelInput(
      values: x.elements, side: side, channels: channels, scale: scale.elements,
      shift: shift.elements)
    let range = KernelRange(0..<tiles)
    let (numbers, halves) = (Tensor([36, tiles, depth]), randomTensor("old", [36, tiles, depth]))
    func rows(_ tensor: Tensor) -> KernelTiles {
      KernelTiles(values: tensor.elements, positionStride: tiles * depth, rowStride: depth)
    }
    kernels.table.products.transformInput(&input, range, rows(numbers))
    kernels.products.transformInput(&input, range, rows(halves))
    for row in 0..<36 * tiles {
      let split = halves.values[row * depth..<(row + 1) * depth].flatMap { pair in
        [UInt16(truncatingIfNeeded: pair.bitPattern), UInt16(pair.bitPattern >> 16)]
      }
      for c in 0..<depth {
        let (high, low) = (split[c], split[depth + c])
        guard c < channels else {
          #expect(high == 0 && low == 0, "row \(row), depth \(c)")
          continue
        }
        let sum = [high, low].reduce(0.0) { $0 + Double(Float(bitPattern: UInt32($1) << 16)) }
        let number = Double(numbers[row * depth + c])
        // The two levels' transforms may round differently: ten roundings of sums below 200.
        let error = abs(sum - number) - 10 * 200 * 0x1p-24
        #expect(error <= 0x1p-16 * abs(number), "row \(row), channel \(c)")
      }
    }
    withExtendedLifetime((x, scale, shift)) {}
  }

  @Test(arguments: choices)
  func `what is not a number stays so`(kernels: Kernels) {
    let (rows, depth, columns) = (3, 40, kernels.paddedColumns(5))
    for bad in [Float.nan, -.nan, .infinity, -.infinity] {
      let (left, right) = (
        randomTensor("left", [rows, depth]), randomTensor("right", [depth, columns])
      )
      left[depth + 7] = bad
      let panels = Tensor([kernels.paddedDepth(depth), columns])
      kernels.pack(
        right.elements, rowStride: columns, depth: depth, columns: columns, into: panels.elements)
      let product = Tensor([rows, columns])
      kernels.multiply(
        rows: rows, columns: columns, depth: depth, left: left.elements, leftStride: depth,
        panels: panels.elements, product: product.elements, productStride: columns)
      for row in 0..<rows {
        let values = product.values[row * columns..<(row + 1) * columns]
        #expect(values.allSatisfy { $0.isFinite == (row != 1) }, "\(bad), row \(row)")
      }
    }
  }

  @Test func `a level without tiles computes in float32`() {
    for kernels in Kernels.available where kernels.multiplyTile == nil {
      for precision in Precision.allCases {
        #expect(kernels.computing(precision).precision == .highest)
      }
    }
  }
}
