import Formats

extension NumPyArray {
  /// Whether a whole number is rounded to Float64.
  ///
  /// - Throws: `NumPyError`.
  package func hasRoundedNumbers() throws -> Bool {
    guard elementType.isInteger, elementType.byteCount == 8 else { return false }
    return try wholeNumbers().contains { $0.magnitude > 1 << 53 }
  }

  /// A remark on whole numbers that may be the bits of others; nil where they are none.
  ///
  /// - Throws: `NumPyError`.
  package func remarkOnBits() throws -> String? {
    guard elementType.isInteger, elementType.byteCount > 1 else { return nil }
    // A number above 2⁶³ − 1 becomes the Int with the same bits.
    let numbers =
      elementType == .uint64
      ? try values(of: UInt64.self).map(Int.init(truncatingIfNeeded:)) : try wholeNumbers()
    return FloatingPointBits.all.first { $0.explains(numbers, elementType) }?
      .remark(numbers, elementType)
  }
}

extension ElementType {
  fileprivate var isInteger: Bool { !isFloatingPoint && self != .bool }
}

/// Floating-point numbers whose bits may have been saved as whole numbers.
private struct FloatingPointBits: Sendable {
  let name: String
  let byteCount: Int
  /// The number of which these are the bits.
  let number: @Sendable (UInt64) -> Double
  /// The magnitudes that logits and probabilities have, wide enough for nearly all of them.
  let magnitudes: ClosedRange<Double>

  static let all = [
    FloatingPointBits(
      name: "bfloat16", byteCount: 2,
      number: { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0) << 16)) },
      magnitudes: 1e-6...1e4),
    FloatingPointBits(
      name: "float16", byteCount: 2,
      number: { Double(Float16(bitPattern: UInt16(truncatingIfNeeded: $0))) },
      magnitudes: 1e-3...1e3),
    FloatingPointBits(
      name: "float32", byteCount: 4,
      number: { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0))) },
      magnitudes: 1e-9...1e4),
    FloatingPointBits(
      name: "float64", byteCount: 8, number: { Double(bitPattern: $0) }, magnitudes: 1e-12...1e4),
  ]

  /// Whether nearly all numbers are the bits of usual ones, and too far apart to be logits themselves.
  func explains(_ numbers: [Int], _ type: ElementType) -> Bool {
    guard type.byteCount == byteCount, let smallest = numbers.min(), let largest = numbers.max(),
      Double(largest) - Double(smallest) > 100,
      numbers.max(by: { $0.magnitude < $1.magnitude })
        .map({ $0.magnitude > 4096 }) ?? false
    else { return false }
    let unusual = numbers.count { number in
      let value = abs(self.number(UInt64(truncatingIfNeeded: number)))
      return value != 0 && !magnitudes.contains(value)
    }
    return 20 * unusual <= numbers.count
  }

  func remark(_ numbers: [Int], _ type: ElementType) -> String {
    let example = numbers.first { $0 != 0 } ?? 0
    let bits = UInt64(truncatingIfNeeded: example)
    return "the whole numbers, of type \(type), can be the bits of \(name) numbers, such as "
      + "\(number(bits)) for \(type == .uint64 ? "\(bits)" : "\(example)"); they are scored as they are; if they are "
      + "bits, save the numbers themselves, as tensor.float().numpy() gives them"
  }
}
