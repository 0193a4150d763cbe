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

  public var classCount: Int { curves.count }

  /// The map of these curves.
  public init(_ curves: [ClassCurve]) {
    self.curves = curves
    points = curves.flatMap(\.probabilities)
    heights = curves.flatMap { $0.values.map { $0 ?? -1 } }
    starts = curves.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.probabilities.count) }
  }

  public func apply(to row: DistributionRow) {
    guard let probabilities = row.probabilities.baseAddress,
      let results = row.logarithms.baseAddress
    else { return }
    points.withUnsafeBufferPointer { points in
      heights.withUnsafeBufferPointer { heights in
        for c in 0..<classCount {
          let range = starts[c]..<starts[c + 1]
          probabilities[c] = Self.value(
            at: probabilities[c], points, heights, range, hasSteps: curves[c].hasSteps)
        }
      }
    }
    let sum = ProbabilityKernels.preferred.sum(of: probabilities, count: classCount)
    for c in 0..<classCount {
      probabilities[c] = sum > 0 ? min(probabilities[c] / sum, 1) : 1 / Double(classCount)
    }
    logarithms(ofProbabilities: probabilities, count: classCount, into: results)
  }

  /// The value at `probability` of the curve whose numbers are in `range`.
  private static func value(
    at probability: Double, _ points: UnsafeBufferPointer<Double>,
    _ heights: UnsafeBufferPointer<Double>, _ range: Range<Int>, hasSteps: Bool
  ) -> Double {
    guard !range.isEmpty else { return probability }
    let lower = firstIndex(in: range) { points[$0] >= probability }
    let last = range.upperBound - 1
    if hasSteps {
      let height = heights[min(lower, last)]
      return height < 0 ? probability : height
    }
    if lower == range.lowerBound || lower > last || points[lower] == probability {
      return heights[min(lower, last)]
    }
    let share = (probability - points[lower - 1]) / (points[lower] - points[lower - 1])
    return heights[lower - 1] + share * (heights[lower] - heights[lower - 1])
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
  private static let keptProbabilityLimit = 1 << 24

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
