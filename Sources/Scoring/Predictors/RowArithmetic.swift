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

/// Σ term(i) for i in 0..<count; `lanes` gives the terms of eight indices at a time.
@inline(__always)
func sum(
  _ count: Int, lanes: (Int) -> Lanes, term: (Int) -> Double
) -> Double {
  var sums = Lanes.zero
  let whole = count & ~7
  for i in stride(from: 0, to: whole, by: 8) { sums += lanes(i) }
  var sum = sums.sum()
  for i in whole..<count { sum += term(i) }
  return sum
}

/// Σ first·second over `count` numbers.
func product(
  _ first: UnsafePointer<Double>, _ second: UnsafePointer<Double>, count: Int
) -> Double {
  sum(count) {
    first.lanes(at: $0) * second.lanes(at: $0)
  } term: {
    first[$0] * second[$0]
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

  /// Writes the `count` numerators to `exponentials`.
  init(
    _ logits: UnsafeMutablePointer<Double>, count: Int, scale: Double,
    exponentials: UnsafeMutablePointer<Double>
  ) {
    (largest, rest) = ProbabilityKernels.preferred.softmaxNumerators(
      of: logits, count: count, scale: scale, into: exponentials)
  }

  /// Replaces one row of logits by log-probabilities and adds its probabilities to `probabilities`.
  static func normalize(
    _ row: UnsafeMutablePointer<Double>, count: Int, scale: Double,
    addingTo probabilities: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    let softmax = add(
      probabilitiesOf: row, count: count, scale: scale, to: probabilities, scratch: scratch)
    let (maximum, logSum) = (row[softmax.largest], softmax.logSum)
    for c in 0..<count { row[c] = scale * (row[c] - maximum) - logSum }
  }

  /// Adds the probabilities of one row of logits to `probabilities`.
  @discardableResult
  static func add(
    probabilitiesOf row: UnsafeMutablePointer<Double>, count: Int, scale: Double,
    to probabilities: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) -> Softmax {
    let softmax = Softmax(row, count: count, scale: scale, exponentials: scratch)
    let share = 1 / softmax.sum
    for c in 0..<count { probabilities[c] += scratch[c] * share }
    return softmax
  }
}

/// The logarithm of the mean of `exp(values[m * stride])` over `count` values.
@inline(__always)
func logMeanExponential(_ values: UnsafeMutablePointer<Double>, count: Int, stride: Int) -> Double {
  var maximum = values[0]
  for m in 1..<count { maximum = max(maximum, values[m * stride]) }
  var sum = 0.0
  for m in 0..<count { sum += exp(values[m * stride] - maximum) }
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

/// The lowest index of the largest score, and how many classes come before `label`, equals by index.
func order(
  of scores: UnsafeMutablePointer<Double>, count: Int, label: Int
) -> (first: Int, labelRank: Int) {
  let own = scores[label]
  var (maxima, above) = (Lanes(repeating: own), SIMD8<Int64>.zero)
  let whole = count & ~7
  for c in stride(from: 0, to: whole, by: 8) {
    let lanes = scores.lanes(at: c)
    above &+= SIMD8<Int64>.zero.replacing(with: 1, where: lanes .> own)
    maxima = maxima.replacing(with: lanes, where: lanes .> maxima)
  }
  var (rank, maximum) = (Int(above.wrappedSum()), maxima.max())
  for c in whole..<count {
    rank += scores[c] > own ? 1 : 0
    maximum = max(maximum, scores[c])
  }
  for c in 0..<label { rank += scores[c] == own ? 1 : 0 }
  var first = 0
  while first < count - 1, scores[first] != maximum { first += 1 }
  return (first, rank)
}

/// Σ (p − 1[label])² and −Σ p log p of one distribution.
func brierScoreAndEntropy(
  _ probabilities: UnsafeMutablePointer<Double>, _ logProbabilities: UnsafeMutablePointer<Double>,
  count: Int, label: Int
) -> (brierScore: Double, entropy: Double) {
  let own = probabilities[label]
  probabilities[label] = 0
  var (squares, entropies) = (Lanes.zero, Lanes.zero)
  let whole = count & ~7
  for c in stride(from: 0, to: whole, by: 8) {
    let lanes = probabilities.lanes(at: c)
    squares += lanes * lanes
    entropies -= lanes * logProbabilities.lanes(at: c)
  }
  for c in whole..<count {
    squares[c - whole] += probabilities[c] * probabilities[c]
    entropies[c - whole] -= probabilities[c] * logProbabilities[c]
  }
  probabilities[label] = own
  return (
    squares.sum() + (1 - own) * (1 - own), entropies.sum() - own * logProbabilities[label]
  )
}
