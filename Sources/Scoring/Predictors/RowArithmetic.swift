import Foundation
internal import Tensors

/// Eight numbers that are worked on at a time: eight partial sums do not wait for one another.
typealias Lanes = SIMD8<Double>

extension UnsafePointer<Double> {
  /// Eight numbers from `index` on.
  @inline(__always)
  func lanes(at index: Int) -> Lanes {
    UnsafeRawPointer(self + index).loadUnaligned(as: Lanes.self)
  }
}

extension UnsafeMutablePointer<Double> {
  /// Eight numbers from `index` on.
  @inline(__always)
  func lanes(at index: Int) -> Lanes { UnsafePointer(self).lanes(at: index) }
}

/// Σ term(m) for m in 0..<count, added up from the smallest term on: it does not depend on the order
/// of the terms.
@inline(__always)
func sortedSum(_ count: Int, _ term: (Int) -> Double) -> Double {
  // Two numbers have one sum in both orders.
  guard count > 2 else { return count == 2 ? term(0) + term(1) : count == 1 ? term(0) : 0 }
  return withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { memory in
    var terms = memory
    for m in 0..<count { terms.initializeElement(at: m, to: term(m)) }
    terms.sort()
    return terms.reduce(0, +)
  }
}

/// The softmax of one row of logits at temperature 1/scale.
///
/// exp(scale·(z − z_max)) / sum, where the sum is kept as 1 + rest: log1p(rest) then keeps all
/// digits of the loss of a confident prediction.
struct Softmax {
  /// The lowest index of the largest logit.
  let largest: Int
  private let rest: Double

  var sum: Double { 1 + rest }
  var logSum: Double { log1p(rest) }
  /// The probability of the classes but the largest.
  var uncertainty: Double { rest / sum }

  /// Writes the `count` numerators to `exponentials`.
  init(
    _ logits: UnsafePointer<Double>, count: Int, scale: Double,
    exponentials: UnsafeMutablePointer<Double>
  ) {
    (largest, rest) = ProbabilityKernels.preferred.softmaxNumerators(
      of: logits, count: count, scale: scale, into: exponentials)
  }

  /// Replaces one row of logits by log-probabilities, and writes its probabilities.
  static func normalize(
    _ row: UnsafeMutablePointer<Double>, count: Int, scale: Double,
    into probabilities: UnsafeMutablePointer<Double>
  ) -> Softmax {
    let softmax = Softmax(row, count: count, scale: scale, exponentials: probabilities)
    ProbabilityKernels.preferred.normalize(
      row, numerators: probabilities, count: count, scale: scale, maximum: row[softmax.largest],
      rest: softmax.rest, logSum: softmax.logSum)
    return softmax
  }

  /// Writes the probabilities of one row of logits, those of `normalize`.
  static func probabilities(
    of row: UnsafePointer<Double>, count: Int, scale: Double,
    into probabilities: UnsafeMutablePointer<Double>
  ) {
    let softmax = Softmax(row, count: count, scale: scale, exponentials: probabilities)
    let share = 1 / softmax.sum
    for c in 0..<count { probabilities[c] *= share }
  }
}

/// The logarithm of the mean of `exp(values[m * stride])` over `count` values, in any order.
@inline(__always)
func logMeanExponential(_ values: UnsafeMutablePointer<Double>, count: Int, stride: Int) -> Double {
  var maximum = values[0]
  for m in 1..<count { maximum = max(maximum, values[m * stride]) }
  let sum = sortedSum(count) { exp(values[$0 * stride] - maximum) }
  return maximum + log(sum / Double(count))
}

/// Replaces the first of `count` rows of log-probabilities by the logarithms of their averaged
/// probabilities.
///
/// They are computed from the averages where these are accurate: away from 0, where probabilities
/// underflow, and from 1, where the loss is small.
func logMeans(
  _ logProbabilities: UnsafeMutablePointer<Double>, count: Int, classCount: Int,
  averages: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
) {
  ProbabilityKernels.preferred.logarithms(of: averages, count: classCount, into: scratch)
  for c in 0..<classCount {
    logProbabilities[c] =
      averages[c] > 1e-300 && averages[c] < 0.5
      ? scratch[c]
      : logMeanExponential(logProbabilities + c, count: count, stride: classCount)
  }
}

/// Where the label stands among the classes of one row.
struct ClassOrder {
  /// The lowest index of the largest score.
  let first: Int
  /// How many classes have a larger score than the label.
  let aboveCount: Int
  /// How many have the label's, itself included.
  let tiedCount: Int
  /// How many classes come before the label, equals by index.
  let labelRank: Int

  /// The order by falling scores.
  init(of scores: UnsafePointer<Double>, count: Int, label: Int) {
    let own = scores[label]
    var (maxima, above, tied) = (Lanes(repeating: own), SIMD8<Int64>.zero, SIMD8<Int64>.zero)
    let whole = count & ~7
    for c in stride(from: 0, to: whole, by: 8) {
      let lanes = scores.lanes(at: c)
      above &+= SIMD8<Int64>.zero.replacing(with: 1, where: lanes .> own)
      tied &+= SIMD8<Int64>.zero.replacing(with: 1, where: lanes .== own)
      maxima = maxima.replacing(with: lanes, where: lanes .> maxima)
    }
    var (larger, equal, maximum) = (
      Int(above.wrappedSum()), Int(tied.wrappedSum()), maxima.max()
    )
    for c in whole..<count {
      larger += scores[c] > own ? 1 : 0
      equal += scores[c] == own ? 1 : 0
      maximum = max(maximum, scores[c])
    }
    var first = 0
    while first < count - 1, scores[first] != maximum { first += 1 }
    self.first = first
    (aboveCount, tiedCount) = (larger, equal)
    labelRank = larger + (equal > 1 ? (0..<label).count { scores[$0] == own } : 0)
  }

  /// The share of the orders of equal classes in which the label is among the first five.
  ///
  /// The first place goes to the predicted class, whatever its equals.
  var topFiveShare: Double {
    guard labelRank > 0 else { return 1 }
    let isTiedWithFirst = aboveCount == 0
    let places = max(0, 5 - max(aboveCount, 1))
    return min(1, Double(places) / Double(tiedCount - (isTiedWithFirst ? 1 : 0)))
  }
}
