/// The unit that logits are worked on in, and which of them are no logits but masks.
///
/// It is found on a few rows, and matters where logits are unusual: it is 1 for others, which are then
/// worked on as they are.
struct LogitUnit: Sendable {
  /// What logits are divided by, a power of two: the division is exact, and leaves numbers whose fourth
  /// powers are neither 0 nor infinite.
  private(set) var size = 1.0
  /// Of a logit that is further below the row's largest, in units, the class is masked: its logit
  /// stands for −∞, and does not count in the mean of a row.
  private(set) var floor = -Double.infinity

  /// The scales that are usual.
  private static let usual = 0x1p-7...0x1p7
  /// Masks are 128 times as far below the largest logit as all others, of which there are so many.
  private static let gapExponent = 7
  private static let leastCount = 16

  /// How many rows of `width` logits are enough.
  static func sampleCount(width: Int) -> Int { max(8, min(64, 4096 / width)) }

  /// The logits as they are.
  init() {}

  /// The unit of rows with these deviations of logits from the largest of their row.
  ///
  /// - Parameters:
  ///   - deviations: Numbers of at most 0, K of each row.
  ///   - classCount: K, the number of classes.
  ///   - mayHoldZeros: Whether they are of logarithms of probabilities, some of 0.
  init(deviations: [Double], classCount: Int, mayHoldZeros: Bool) {
    if mayHoldZeros { floor = LogarithmOfZero.largest }
    let rows = stride(from: 0, to: deviations.count, by: classCount).map {
      deviations[$0..<$0 + classCount]
    }
    // A class is masked in every row; single rows may have larger logits than the others.
    if let gap = Self.gap(in: deviations.filter { $0 > floor }),
      rows.allSatisfy({ row in row.contains { $0 < gap } })
    {
      floor = max(floor, gap)
    }
    // Sorted, so that neither the order of classes nor that of members matters.
    let spreads = rows.map { -meanDeviation($0.sorted()) }.sorted()
    guard let largest = spreads.max(), largest > 0, largest.isFinite else { return }
    let squares = spreads.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }
    let scale = largest * (squares / Double(spreads.count)).squareRoot()
    if !Self.usual.contains(scale) {
      let exponent = min(max(Int(scale.exponent) - 3, -1000), 1000)
      size = Double(sign: .plus, exponent: exponent, significand: 1)
      floor /= size
    }
  }

  /// The mean of the deviations that are above the floor.
  private func meanDeviation(_ row: [Double]) -> Double {
    var (mean, count) = (0.0, 0.0)
    for deviation in row where deviation >= floor {
      count += 1
      // A sum of finite numbers need not be finite.
      mean += (deviation - mean) / count
    }
    return mean
  }

  /// What separates deviations from masks, by the binary exponents of both; nil where nothing does.
  private static func gap(in deviations: [Double]) -> Double? {
    var counts: [Int: Int] = [:]
    for deviation in deviations where deviation < 0 && deviation.isFinite {
      counts[Int(deviation.exponent), default: 0] += 1
    }
    var count = 0
    let exponents = counts.keys.sorted()
    for (exponent, next) in zip(exponents, exponents.dropFirst()) {
      count += counts[exponent] ?? 0
      if count >= leastCount, next - exponent > gapExponent {
        return -Double(sign: .plus, exponent: (exponent + next) / 2 + 1, significand: 1)
      }
    }
    return nil
  }
}
