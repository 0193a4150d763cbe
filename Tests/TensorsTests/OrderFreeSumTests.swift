import Foundation
import Tensors
import TestSupport
import Testing

/// Sums over classes, at every level: near the exact sum, the reference's bits, and the same bits in
/// any order.
struct OrderFreeSumTests {
  static let levels = [Kernels.reference] + Kernels.available
  /// On both sides of a vector's length, and of as many classes as 64 bits hold at a time.
  static let counts = [1, 2, 3, 7, 8, 9, 15, 16, 17, 100, 4087, 4088, 4089, 4097, 9000]

  /// Numbers of at least 0 of many magnitudes, some of them equal, some 0.
  private static func numbers(
    _ count: Int, exponents: Range<Int>, _ stream: inout RandomStream
  ) -> [Double] {
    var numbers: [Double] = []
    for _ in 0..<count {
      let exponent = stream.integer(in: exponents)
      let number = Double(sign: .plus, exponent: exponent, significand: 1 + stream.nextUniform())
      let kind = stream.integer(in: 0..<8)
      numbers.append(
        kind == 0 ? 0 : kind == 1 && !numbers.isEmpty ? numbers[numbers.count / 2] : number)
    }
    return numbers
  }

  /// The exact sum, rounded, as by Shewchuk 1997: partial sums that do not overlap.
  private static func exactSum(_ numbers: [Double]) -> Double {
    var partials: [Double] = []
    for number in numbers {
      var (x, rest) = (number, [Double]())
      for y in partials {
        let (large, small) = abs(x) < abs(y) ? (y, x) : (x, y)
        let sum = large + small
        let lost = small - (sum - large)
        if lost != 0 { rest.append(lost) }
        x = sum
      }
      partials = rest + [x]
    }
    return partials.reduce(0, +)
  }

  @Test(arguments: levels)
  func `sums are near the exact ones, and the same bits in any order`(kernels: Kernels) {
    var stream = RandomStream(seed: 6, purpose: "sums")
    var generator = SeededGenerator(seed: 6)
    for count in Self.counts {
      for exponents in [-3..<3, -60..<1, -1074 ..< -1000, 900..<1000, -1074..<1000] {
        let numbers = Self.numbers(count, exponents: exponents, &stream)
        let sum = kernels.probabilities.sum(of: numbers, count: count)
        // Each number is rounded to half of a unit of at most 2⁻⁵¹ of the largest, or of the smallest
        // number of all; then the sum is rounded, as the exact one is.
        let unit = max(0x1p-51 * (numbers.max() ?? 0), .leastNonzeroMagnitude)
        let exact = Self.exactSum(numbers)
        expectClose([sum], [exact], absolute: Double(count) * unit / 2 + exact.ulp)
        let other = numbers.shuffled(using: &generator)
        #expect(kernels.probabilities.sum(of: other, count: count) == sum, "\(count) numbers")
        #expect(Kernels.reference.probabilities.sum(of: numbers, count: count) == sum)
      }
    }
  }

  /// Two distributions over `count` classes, with their logarithms, and the logits of the first.
  private static func row(_ count: Int, _ stream: inout RandomStream) -> [[Double]] {
    (0..<2).flatMap { _ -> [[Double]] in
      var logits = (0..<count).map { _ in stream.uniform(-60, 60).rounded() / 4 }
      let given = logits
      var probabilities = logits
      let kernels = Kernels.reference.probabilities
      let (largest, rest) = kernels.softmaxNumerators(
        of: logits, count: count, scale: 1, into: &probabilities)
      let numerators = probabilities
      kernels.normalize(
        &logits, numerators: &probabilities, count: count, scale: 1, maximum: logits[largest],
        rest: rest, logSum: log1p(rest))
      return [given, numerators, probabilities, logits]
    }
  }

  /// Every sum that kernels compute of a row; the label is the class `label`.
  private static func sums(
    _ kernels: ProbabilityKernels, _ row: [[Double]], label: Int
  ) -> [Double] {
    let count = row[0].count
    func distribution<Result>(
      _ index: Int, _ body: (ProbabilityKernels.Distribution) -> Result
    ) -> Result {
      row[4 * index + 2].withUnsafeBufferPointer { probabilities in
        row[4 * index + 3].withUnsafeBufferPointer { logarithms in
          body(
            .init(
              probabilities: probabilities.baseAddress.unsafelyUnwrapped,
              logarithms: logarithms.baseAddress.unsafelyUnwrapped))
        }
      }
    }
    let moments = kernels.softmaxMoments(
      row[0], numerators: row[1], count: count, maximum: row[0].max() ?? 0)
    let scores = distribution(0) {
      kernels.brierScoreAndEntropy(of: $0, count: count, label: label)
    }
    let products = distribution(0) { p in
      distribution(1) { q in kernels.pairProducts(of: p, and: q, count: count) }
    }
    let divergence = distribution(0) { p in
      distribution(1) { q in kernels.divergence(of: p, from: q, count: count) }
    }
    return [moments.0, moments.1, moments.2, moments.3, moments.4]
      + [scores.brierScore, scores.entropy, products.divergence, products.product]
      + [products.firstSquare, products.secondSquare, divergence]
  }

  @Test(arguments: levels)
  func `all sums of a row are the reference's, in any order of the classes`(kernels: Kernels) {
    var stream = RandomStream(seed: 6, purpose: "rows")
    var generator = SeededGenerator(seed: 6)
    for count in [1, 2, 5, 8, 10, 17, 100, 4100] {
      let row = Self.row(count, &stream)
      let found = Self.sums(kernels.probabilities, row, label: count / 3)
      #expect(found == Self.sums(Kernels.reference.probabilities, row, label: count / 3))
      let order = (0..<count).shuffled(using: &generator)
      let renamed = row.map { numbers in order.map { numbers[$0] } }
      let label = order.firstIndex(of: count / 3) ?? 0
      #expect(found == Self.sums(kernels.probabilities, renamed, label: label))
    }
  }

  @Test(arguments: levels)
  func `equal logits have equal numerators at every place, and rows of them equal sums`(
    kernels: Kernels
  ) {
    var stream = RandomStream(seed: 6, purpose: "lanes")
    var generator = SeededGenerator(seed: 6)
    for count in 1...40 {
      let logits = (0..<count).map { _ in -stream.uniform(0, 9) }
      var expected: [Double: Double] = [:]
      var rests: Set<Double> = []
      for _ in 0..<4 {
        let order = logits.shuffled(using: &generator)
        var numerators = order
        let (_, rest) = kernels.probabilities.softmaxNumerators(
          of: order, count: count, scale: 0.7, into: &numerators)
        rests.insert(rest)
        for (logit, numerator) in zip(order, numerators) {
          #expect(expected[logit] ?? numerator == numerator, "\(count) classes")
          expected[logit] = numerator
        }
      }
      #expect(rests.count == 1, "\(count) classes")
    }
  }

  @Test(arguments: levels)
  func `means of columns are the same bits in any order of the rows`(kernels: Kernels) {
    var stream = RandomStream(seed: 6, purpose: "columns")
    var generator = SeededGenerator(seed: 6)
    for (rowCount, count) in [(1, 3), (2, 5), (3, 1), (4, 9), (5, 100), (7, 10), (33, 8)] {
      let rows = (0..<rowCount).map { _ in (0..<count).map { _ in stream.uniform(-9, 9) } }
      for isRelative in [false, true] {
        let means = [rows, rows.reversed(), rows.shuffled(using: &generator)].map { rows in
          var (values, means) = (Array(rows.joined()), [Double](repeating: 0, count: count))
          kernels.probabilities.meanOfColumns(
            &values, rowCount: rowCount, count: count, isRelative: isRelative, into: &means)
          return means
        }
        let sums = (0..<count).map { c in
          rows.map { $0[c] }.sorted().dropFirst().reduce(rows.map { $0[c] }.min() ?? 0, +)
        }
        let shift = isRelative ? sums.max() ?? 0 : 0
        #expect(means[0] == sums.map { ($0 - shift) / Double(rowCount) })
        #expect(means[1] == means[0] && means[2] == means[0], "\(rowCount) rows")
      }
      var sorted = Array(rows.joined())
      kernels.probabilities.sortColumns(of: &sorted, rowCount: rowCount, count: count)
      for c in 0..<count {
        let column = (0..<rowCount).map { sorted[$0 * count + c] }
        #expect(column == rows.map { $0[c] }.sorted(), "\(rowCount) rows")
      }
    }
  }
}
