import Foundation

/// Histograms of the top-label confidence with different numbers of bins, averaged by how likely each is
/// (Naeini, Cooper and Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning");
/// for all predictors.
public struct BayesianBinningCalibrator: Calibrator {
  public let name = "bbq"
  public let output = CalibratedOutput.confidence

  /// The calibrator.
  public init() {}

  public func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
    let scores = try rows.scores(of: predictor)
    return .confidence(BayesianBinning(scores.map { ($0.confidence, $0.isRight) }))
  }
}

/// A step curve of confidences: the average of histograms with bins of equal mass.
///
/// Of N rows there is a histogram of each number B of bins from ⌊∛N / 10⌋ to ⌈10 ∛N⌉, at least 1 and at
/// most ⌈N / 5⌉. The sorted confidences are cut at positions round(k·N/B), halfway between the two beside
/// the cut, or where these are equal, at them; bins are (lower, upper], and equal cuts are one. A bin
/// whose middle is p has the prior Beta(2p/B, 2(1 − p)/B), B the number of bins that are left. A histogram
/// has the likelihood of the rows under its prior as its weight, and a bin the mean of its posterior,
/// (right + 2p/B) / (count + 2/B), as its value.
public struct BayesianBinning: ConfidenceMap, Equatable {
  /// The upper ends of the steps, rising, the last 1.
  public let edges: [Double]
  /// The value of each step, in 0...1.
  public let values: [Double]

  /// N′ of the paper: how many rows the prior counts for.
  private static let priorCount = 2.0
  /// A histogram with less of the weight changes no digit.
  private static let leastShare = 1e-17

  /// The curve of these steps, as many values as edges.
  public init(edges: [Double], values: [Double]) {
    self.edges = edges
    self.values = values
  }

  /// The curve through `rows`; without rows the one that changes nothing.
  public init(_ rows: [(confidence: Double, isRight: Bool)]) {
    guard !rows.isEmpty else {
      (edges, values) = ([], [])
      return
    }
    let sorted = SortedConfidences(rows)
    let histograms = Self.binCounts(of: rows.count).map { Histogram(sorted, binCount: $0) }
    let largest = histograms.map(\.logLikelihood).max() ?? 0
    let weights = histograms.map { exp($0.logLikelihood - largest) }
    let total = weights.reduce(0, +)
    let kept = zip(histograms, weights).filter { $0.1 > Self.leastShare * total }
    let sum = kept.reduce(0) { $0 + $1.1 }
    edges = Set(kept.flatMap(\.0.edges)).sorted()
    values = edges.map { edge in
      min(kept.reduce(0) { $0 + $1.1 * $1.0.value(at: edge) } / sum, 1)
    }
  }

  /// The value of the step of `confidence`.
  public func value(at confidence: Double) -> Double {
    edges.isEmpty ? confidence : values[Self.step(of: confidence, in: edges)]
  }

  /// The numbers of bins of the histograms of `rowCount` rows.
  private static func binCounts(of rowCount: Int) -> ClosedRange<Int> {
    let root = cbrt(Double(rowCount))
    let most = max(1, min((Double(rowCount) / 5).rounded(.up), (10 * root).rounded(.up)))
    return min(max(1, Int((root / 10).rounded(.down))), Int(most))...Int(most)
  }

  /// The first of the rising `edges` that is not below `confidence`, or the last.
  fileprivate static func step(of confidence: Double, in edges: [Double]) -> Int {
    var (lower, upper) = (0, edges.count - 1)
    while lower < upper {
      let middle = (lower + upper) / 2
      if confidence <= edges[middle] { upper = middle } else { lower = middle + 1 }
    }
    return lower
  }

  /// Confidences in rising order, and how many of the first are right.
  fileprivate struct SortedConfidences {
    let confidences: [Double]  // [N]
    let rightCounts: [Int]  // [N + 1]

    init(_ rows: [(confidence: Double, isRight: Bool)]) {
      let sorted = rows.map(\.confidence).risingOrder.map { rows[$0] }
      confidences = sorted.map(\.confidence)
      rightCounts = sorted.reduce(into: [0]) { $0.append($0[$0.count - 1] + ($1.isRight ? 1 : 0)) }
    }

    /// How many confidences are at most `edge`.
    func count(upTo edge: Double) -> Int {
      var (lower, upper) = (0, confidences.count)
      while lower < upper {
        let middle = (lower + upper) / 2
        if confidences[middle] <= edge { lower = middle + 1 } else { upper = middle }
      }
      return lower
    }
  }

  /// Bins of equal mass, and what the rows say of them.
  fileprivate struct Histogram {
    private(set) var edges: [Double] = []
    private(set) var values: [Double] = []
    private(set) var logLikelihood = 0.0

    init(_ rows: SortedConfidences, binCount: Int) {
      let count = rows.confidences.count
      for k in 1..<max(binCount, 1) {
        let cut = Int((Double(k) * Double(count) / Double(binCount)).rounded())
        guard cut > 0, cut < count else { continue }
        let (below, above) = (rows.confidences[cut - 1], rows.confidences[cut])
        let edge = below + (above - below) / 2
        if edge < 1, edge > edges.last ?? -1 { edges.append(edge) }
      }
      edges.append(1)
      let weight = priorCount / Double(edges.count)
      var (lower, first) = (0.0, 0)
      for edge in edges {
        // The last bin takes what rounding may have put above 1.
        let last = edge == 1 ? count : rows.count(upTo: edge)
        add(
          rightCount: Double(rows.rightCounts[last] - rows.rightCounts[first]),
          count: Double(last - first), middle: (lower + edge) / 2, weight: weight)
        (lower, first) = (edge, last)
      }
    }

    /// Adds a bin whose prior counts for `weight` rows of accuracy `middle`.
    private mutating func add(rightCount: Double, count: Double, middle: Double, weight: Double) {
      let (right, wrong) = (weight * middle, weight * (1 - middle))
      logLikelihood += lgamma(weight) - lgamma(count + weight)
      // A bin in the middle of 0 or 1 is of confidences that are all 0 or 1.
      if right > 0 { logLikelihood += lgamma(rightCount + right) - lgamma(right) }
      if wrong > 0 { logLikelihood += lgamma(count - rightCount + wrong) - lgamma(wrong) }
      values.append((rightCount + right) / (count + weight))
    }

    func value(at confidence: Double) -> Double {
      values[BayesianBinning.step(of: confidence, in: edges)]
    }
  }
}
