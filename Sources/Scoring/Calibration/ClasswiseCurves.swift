// N rows, K classes.

internal import Tensors

/// A map of one class's probability.
public struct ClassCurve: Sendable, Equatable {
  /// Rising probabilities: those between which the curve is linear, or the upper ends of its steps.
  public let probabilities: [Double]
  /// The values there, in 0...1; nil where a step leaves a probability as it is.
  public let values: [Double?]
  /// Whether the curve is made of steps, (lower, upper].
  public let hasSteps: Bool

  /// The curve of these numbers, as many of the one as of the other.
  public init(probabilities: [Double], values: [Double?], hasSteps: Bool) {
    self.probabilities = probabilities
    self.values = values
    self.hasSteps = hasSteps
  }
}

/// A map of each class's probability; the values of a row are divided by their sum, and where all are 0,
/// each is 1/K.
public struct ClasswiseCurves: DistributionMap, Equatable {
  /// The curve of each class.
  public let curves: [ClassCurve]  // [K]
  /// The numbers of all curves, one after the other; −1 where a step has no value.
  private let points: [Double]
  private let heights: [Double]
  /// Where the numbers of each curve start, and where the last ends.
  private let starts: [Int]  // [K + 1]
  private let haveSteps: [Bool]  // [K]
  /// For each search range of each class, the first number that is not below it.
  private let firsts: [Int]  // [K, SearchRange.count + 1]

  public var classCount: Int { curves.count }

  /// The map of these curves.
  public init(_ curves: [ClassCurve]) {
    self.curves = curves
    points = curves.flatMap(\.probabilities)
    heights = curves.flatMap { $0.values.map { $0 ?? -1 } }
    starts = curves.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.probabilities.count) }
    haveSteps = curves.map(\.hasSteps)
    var firsts: [Int] = []
    for (curve, start) in zip(curves, starts) {
      var index = 0
      for range in 0..<SearchRange.count {
        while index < curve.probabilities.count,
          curve.probabilities[index] < SearchRange.lowerEdge(of: range)
        {
          index += 1
        }
        firsts.append(start + index)
      }
      firsts.append(start + curve.probabilities.count)
    }
    self.firsts = firsts
  }

  public func apply(to row: DistributionRow) {
    guard let (probabilities, results) = row.memory else { return }
    for c in 0..<classCount { probabilities[c] = value(at: probabilities[c], of: c) }
    let sum = ProbabilityKernels.preferred.sum(of: probabilities, count: classCount)
    for c in 0..<classCount {
      probabilities[c] = sum > 0 ? min(probabilities[c] / sum, 1) : 1 / Double(classCount)
    }
    logarithms(ofProbabilities: probabilities, count: classCount, into: results)
  }

  /// The value at `probability` of the curve of a class.
  @inline(__always)
  private func value(at probability: Double, of class: Int) -> Double {
    let (start, end) = (starts[`class`], starts[`class` + 1])
    guard start < end else { return probability }
    let range = `class` * (SearchRange.count + 1) + SearchRange.index(of: probability)
    let lower = firstIndex(in: firsts[range]..<firsts[range + 1]) { points[$0] >= probability }
    if haveSteps[`class`] {
      let height = heights[min(lower, end - 1)]
      return height < 0 ? probability : height
    }
    if lower == start || lower == end || points[lower] == probability {
      return heights[min(lower, end - 1)]
    }
    let share = (probability - points[lower - 1]) / (points[lower] - points[lower - 1])
    return heights[lower - 1] + share * (heights[lower] - heights[lower - 1])
  }
}

/// Ranges of probabilities within which curves are searched: 16 to each factor of 2 down to 2⁻³², the
/// first with all below.
private enum SearchRange {
  private static let shift = 48
  private static let first = 0x1p-32.bitPattern >> shift
  static let count = Int(1.0.bitPattern >> shift - first) + 1

  @inline(__always)
  static func index(of probability: Double) -> Int {
    min(max(0, Int(truncatingIfNeeded: probability.bitPattern >> shift) - Int(first)), count - 1)
  }

  /// The least probability of an range.
  static func lowerEdge(of range: Int) -> Double {
    range == 0 ? -.infinity : Double(bitPattern: (first + UInt64(range)) << shift)
  }
}

/// The first index for which `isReached`, which holds for all after it too; without a branch that
/// depends on it.
@inline(__always)
private func firstIndex(in range: Range<Int>, where isReached: (Int) -> Bool) -> Int {
  var (first, count) = (range.lowerBound, range.count)
  while count > 1 {
    let half = count / 2
    first += isReached(first + half - 1) ? 0 : half
    count -= half
  }
  return first + (count == 1 && !isReached(first) ? 1 : 0)
}

extension FittingRows {
  /// How many probabilities are kept at a time, 8 bytes each, unless a single class has more.
  private static let keptProbabilityLimit = 1 << 25

  /// What `body` makes of the probabilities of each class, those of all rows.
  ///
  /// Classes are taken in groups, with a pass over the rows for each.
  func classProbabilities<Result: Sendable>(
    of predictor: Predictor, _ body: @Sendable (_ probabilities: [Double], _ label: Int) -> Result
  ) throws -> [Result] {
    let source = try PredictorLogits(predictor, of: logits)
    let (rowCount, classCount) = (logits.rowCount, logits.classCount)
    let size = max(1, Self.keptProbabilityLimit / rowCount)
    return try stride(from: 0, to: classCount, by: size).flatMap { first -> [Result] in
      let group = first..<min(first + size, classCount)
      let parts = try blocks.map(rowCount) { rows in
        let scorer = RowScorer(source)
        var columns = [[Double]](repeating: [], count: group.count)
        for i in columns.indices { columns[i].reserveCapacity(rows.count) }
        for row in rows {
          scorer.loadProbabilities(of: row)
          for c in group { columns[c - first].append(scorer.probabilities[c]) }
        }
        return columns
      }
      return try blocks.workers.map(group.count) { i in
        body(RowBlocks.joined(parts.map { $0[i] }), first + i)
      }
    }
  }
}
