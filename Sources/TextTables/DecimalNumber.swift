import Foundation

/// A decimal number as text: digits, perhaps with a sign, a point and an exponent.
struct DecimalNumber {
  /// The nearest Float64; infinite for a number that is too large.
  let value: Double
  /// The number of bytes that it takes.
  let length: Int
  /// Whether it is written without a point and without an exponent.
  let isInteger: Bool
  /// Whether it is an integer written as `05` or `-0`, which no program does; behind or before a
  /// decimal comma they are usual.
  let isHalf: Bool

  /// Reads the number that begins at `start`; nil if none does.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - start: The index of the first byte.
  ///   - end: The index behind the last byte that may belong to the number.
  @inline(__always)
  init?(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, end: Int) {
    var scan = Scan(bytes, at: start, end: end)
    scan.sign()
    let first = scan.index
    scan.digits()
    let wholeCount = scan.index - first
    var (fractionCount, hasExponent) = (0, false)
    let hasPoint = scan.accept(UInt8(ascii: "."))
    if hasPoint {
      let point = scan.index
      scan.digits(isFraction: true)
      fractionCount = scan.index - point
    }
    guard wholeCount + fractionCount > 0 else { return nil }
    hasExponent = scan.exponent()
    length = scan.index - start
    isInteger = !hasPoint && !hasExponent
    isHalf =
      isInteger && bytes[first] == UInt8(ascii: "0")
      && (wholeCount > 1 || bytes[start] == UInt8(ascii: "-"))
    value = scan.exactValue ?? Self.nearest(bytes, start..<scan.index)
  }

  /// The nearest Float64 of a number of any length.
  private static func nearest(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> Double {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: range.count + 1) { copy in
      for (offset, index) in range.enumerated() { copy[offset] = CChar(bitPattern: bytes[index]) }
      copy[range.count] = 0
      // The program never sets a locale, so the point is the decimal point.
      return copy.baseAddress.map { strtod($0, nil) } ?? .nan
    }
  }
}

/// Digits as they are read.
private struct Scan {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let end: Int
  private(set) var index: Int
  private var isNegative = false
  /// The digits without point, as long as they fit.
  private var mantissa: UInt64 = 0
  /// The power of ten that the mantissa is multiplied by.
  private var power = 0
  private var isExact = true

  init(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, end: Int) {
    self.bytes = bytes
    self.end = end
    index = start
  }

  /// The value where one multiplication or division of exact numbers gives it (Clinger 1990, "How to
  /// read floating point numbers accurately"); nil elsewhere.
  var exactValue: Double? {
    guard isExact, mantissa <= 1 << 53, -22...22 ~= power else { return nil }
    let digits = Double(mantissa)
    let value = power < 0 ? digits / Self.powers[-power] : digits * Self.powers[power]
    return isNegative ? -value : value
  }

  /// 10⁰ to 10²², which Float64 holds exactly.
  private static let powers: [Double] = (0...22).reduce(into: []) { powers, _ in
    powers.append((powers.last ?? 0.1) * 10)
  }

  @inline(__always)
  mutating func accept(_ byte: UInt8) -> Bool {
    guard index < end, bytes[index] == byte else { return false }
    index += 1
    return true
  }

  @inline(__always)
  mutating func sign() {
    isNegative = accept(UInt8(ascii: "-"))
    if !isNegative { _ = accept(UInt8(ascii: "+")) }
  }

  @inline(__always)
  mutating func digits(isFraction: Bool = false) {
    while index < end, case let digit = bytes[index] &- UInt8(ascii: "0"), digit <= 9 {
      // 19 digits fit in 64 bits.
      if mantissa < 1_000_000_000_000_000_000 {
        mantissa = mantissa * 10 + UInt64(digit)
        if isFraction { power -= 1 }
      } else {
        isExact = false
      }
      index += 1
    }
  }

  /// Reads an exponent, if there is a whole one.
  @inline(__always)
  mutating func exponent() -> Bool {
    let start = index
    guard accept(UInt8(ascii: "e")) || accept(UInt8(ascii: "E")) else { return false }
    let isDown = accept(UInt8(ascii: "-"))
    if !isDown { _ = accept(UInt8(ascii: "+")) }
    let first = index
    var exponent = 0
    while index < end, case let digit = bytes[index] &- UInt8(ascii: "0"), digit <= 9 {
      exponent = min(exponent * 10 + Int(digit), 1 << 20)
      index += 1
    }
    guard index > first else {
      index = start
      return false
    }
    power += isDown ? -exponent : exponent
    return true
  }
}
