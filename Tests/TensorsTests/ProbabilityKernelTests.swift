import Foundation
import Tensors
import TestSupport
import Testing

/// The kernels of probabilities at every level that this machine can run: exponentials and
/// logarithms against ones of more digits, all against the reference.
struct ProbabilityKernelTests {
  #if arch(x86_64)
    private typealias Wide = Float80
    /// The error of an expected value, one unit in the last place of Float80, in those of Float64.
    private static let slack = 0x1p-11
  #else
    private typealias Wide = Double
    private static let slack = 1.0
  #endif

  static let levels = [Kernels.reference] + Kernels.available

  /// The arguments whose results have an error of more than `bound` units in the last place.
  private static func wrong(
    _ arguments: [Double], _ results: [Double], bound: Double, _ function: (Wide) -> Wide
  ) -> [Double] {
    zip(arguments, results).filter { argument, result in
      let expected = function(Wide(argument))
      let error = Double(abs(Wide(result) - expected) / Wide(Double(expected).ulp))
      return !(error <= bound + slack)
    }.map(\.0)
  }

  /// A number and its four nearest neighbors.
  private static func around(_ number: Double) -> [Double] {
    [
      number.nextDown.nextDown, number.nextDown, number, number.nextUp, number.nextUp.nextUp,
    ]
  }

  private static func power(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }

  /// Arguments of the exponential, at most 0.
  private static var exponents: [Double] {
    var stream = RandomStream(seed: 5, purpose: "exponents")
    let uniform = (0..<20_000).map { _ in -745 * stream.nextUniform() }
    let small = (0..<5000).map { _ in -stream.nextUniform() }
    // From the smallest normal result down to the smallest of all.
    let subnormal = (0..<20_000).map { _ in -708.3 - 36.9 * stream.nextUniform() }
    // About multiples of ln 2 / 2: results near powers of two, and where the nearest power of two
    // changes.
    let halfStep = -0.5 * log(2.0)
    let turns = (0...2152).flatMap { around(Double($0) * halfStep) }.filter { $0 <= 0 }
    let powers = (-1074...1023).map { -power($0) }
    let ends = [0, -745.2, -746, -1e300]
    return Array([uniform, small, subnormal, turns, powers, ends].joined())
  }

  @Test(arguments: levels)
  func `exponentials are as accurate as documented`(kernels: Kernels) {
    // The largest logit is 0: differences from it are exact.
    let logits = [0] + Self.exponents
    var numerators = [Double](repeating: -1, count: logits.count)
    _ = kernels.probabilities.softmaxNumerators(
      of: logits, count: logits.count, scale: 1, into: &numerators)
    let wrong = Self.wrong(logits, numerators, bound: 1.1) { exp($0) }
    #expect(wrong.isEmpty)
  }

  /// Arguments of the logarithm: positive normal numbers.
  private static var numbers: [Double] {
    var stream = RandomStream(seed: 5, purpose: "numbers")
    let uniform = (0..<20_000).map { _ in 0.5 + 1.5 * stream.nextUniform() }
    let wide = (0..<20_000).map { _ in
      (1 + stream.nextUniform()) * power(stream.integer(in: -1022..<1023))
    }
    let powers = (-1022...1023).map(power)
    // Where the exponent of the result's main term changes.
    let root = 0.5.squareRoot()
    let turns = (-1020...1023).flatMap { around(root * power($0)) }
    let besideOne = (1...52).flatMap { [1 + power(-$0), 1 - power(-$0)] }
    let nextToOne = (1...200).flatMap { (step: Int) -> [Double] in
      let above = Double(step) * 0x1p-52
      return [1 + above, 1 - above / 2]
    }
    let ends = [Double.leastNormalMagnitude, .greatestFiniteMagnitude]
    return Array([uniform, wide, powers, turns, besideOne, nextToOne, ends].joined())
  }

  @Test(arguments: levels)
  func `logarithms are as accurate as documented`(kernels: Kernels) {
    let numbers = Self.numbers
    var logarithms = [Double](repeating: -1, count: numbers.count)
    kernels.probabilities.logarithms(of: numbers, count: numbers.count, into: &logarithms)
    let wrong = Self.wrong(numbers, logarithms, bound: 0.9) { log($0) }
    #expect(wrong.isEmpty)
  }

  @Test(arguments: Kernels.available, [1, 2, 7, 8, 9, 15, 16, 17, 100, 1000])
  func `softmax numerators and their sum are the reference's`(kernels: Kernels, count: Int) {
    var stream = RandomStream(seed: 5, purpose: "logits", major: count)
    for scale in [1, 0.37, 2.5] {
      // Multiples of a quarter, many of them equal, even to the largest.
      let logits = (0..<count).map { _ in stream.uniform(-40, 40).rounded() / 4 }
      let results = [kernels, .reference].map { level in
        var numerators = [Double](repeating: -1, count: count)
        let (largest, rest) = level.probabilities.softmaxNumerators(
          of: logits, count: count, scale: scale, into: &numerators)
        return (largest: largest, rest: rest, numerators: numerators)
      }
      let (found, expected) = (results[0], results[1])
      #expect(found.largest == expected.largest)
      // Numbers up to 1, ours within 1.1 units in the last place and the library's within 1.
      expectClose(found.numerators, expected.numerators, absolute: 2.1 * 0x1p-53)
      // Sums of `count` of these in two orders, each with as many roundings.
      expectClose(
        found.rest, expected.rest, absolute: Double(count) * (2.1 + 2 * Double(count)) * 0x1p-53)
    }
  }

  @Test(arguments: Kernels.available, [1, 2, 7, 8, 33])
  func `converted numbers and means of rows are the reference's`(kernels: Kernels, count: Int) {
    var stream = RandomStream(seed: 5, purpose: "rows", major: count)
    let special: [Float] = [
      -0.0, .leastNonzeroMagnitude, -.leastNormalMagnitude, .greatestFiniteMagnitude, .infinity,
    ]
    for rowCount in 1...9 {
      let random = (0..<rowCount * count).map { _ in Float(stream.uniform(-9, 9)) }
      let rows = Array((special + random).prefix(rowCount * count))
      let results = [kernels, .reference].map { level in
        var wide = [Double](repeating: .nan, count: rows.count)
        var means = [Double](repeating: .nan, count: count)
        level.probabilities.widen(rows, count: rows.count, into: &wide)
        level.probabilities.meanOfRows(rows, rowCount: rowCount, count: count, into: &means)
        return wide + means
      }
      #expect(results[0] == results[1])
    }
  }
  @Test(arguments: Kernels.available, [1, 2, 15, 16, 100, 1000])
  func `errors of a softmax in Float32 are the reference's`(kernels: Kernels, classCount: Int) {
    var stream = RandomStream(seed: 5, purpose: "errors", major: classCount)
    let count = 50
    // Differences of up to 120: beyond what Float32's exponential tells from 0.
    let logits = (0..<count * classCount).map { _ in Float(stream.uniform(-60, 60)) }
    let labels = (0..<count).map { _ in stream.integer(in: 0..<classCount) }
    let results = [kernels, .reference].map { level in
      var (errors, losses) = (logits, [Double](repeating: .nan, count: count))
      level.probabilities.softmaxErrors(
        of: &errors, count: count, classCount: classCount, labels: labels, logLikelihoods: &losses)
      return (errors: errors, losses: losses)
    }
    // Exponentials to 3 units in the last place, a sum of `classCount` of them in 16 parts, a quotient,
    // and 1 taken off; what is below exp(−87) is as large as that.
    let roundings = 5 + Double(classCount) / 16
    for (found, expected) in zip(results[0].errors, results[1].errors) {
      let bound = roundings * 0x1p-23 * abs(Double(expected)) + 0x1p-24
      #expect(abs(Double(found - expected)) <= bound)
    }
    expectClose(results[0].losses, results[1].losses, absolute: roundings * 0x1p-23 + 120 * 0x1p-24)
  }

  @Test(arguments: Kernels.available, [1, 3, 8, 33, 100])
  func `a matrix times a vector is the reference's`(kernels: Kernels, count: Int) {
    var stream = RandomStream(seed: 5, purpose: "matrix", major: count)
    let numbers = (0..<(count + 2) * count).map { _ in stream.uniform(-1, 1) }
    let (vector, addends) = (Array(numbers[..<count]), Array(numbers[count..<2 * count]))
    let matrix = Array(numbers[(2 * count)...])
    let results = [kernels, .reference].map { level in
      var results = [Double](repeating: .nan, count: count)
      level.probabilities.multiply(matrix, vector, adding: addends, count: count, into: &results)
      return results
    }
    // Sums of `count` products below 1 in two orders, each with as many roundings.
    expectClose(results[0], results[1], absolute: 2 * Double(count * count) * 0x1p-53)
  }
}
