import Foundation
internal import Tensors

/// The parts of a mean score of (confidence, right): score = miscalibration − discrimination +
/// uncertainty.
///
/// CORP (Dimitriadis, Gneiting, Jordan 2021, "Stable reliability diagrams for probabilistic
/// classifiers"): confidences are recalibrated by isotonic regression on the rows themselves, with
/// pooled adjacent violators, so that no bins are chosen.
public struct ScoreDecomposition: Sendable, Equatable {
  /// A proper score of one row; lower is better.
  public enum Score: String, CaseIterable, Sendable {
    /// (confidence − 1[right])².
    case brier
    /// −log of the probability of what came, in nats.
    case log
  }

  /// The mean score.
  public let score: Double
  /// The mean score less that of recalibrated confidences, at least 0 but for rounding.
  public let miscalibration: Double
  /// The mean score of the accuracy as everybody's confidence, less that of recalibrated ones, at
  /// least 0 but for rounding.
  public let discrimination: Double
  /// The mean score of the accuracy as everybody's confidence.
  public let uncertainty: Double

  /// The decomposition over `rows`; nil for none, and where the mean score is infinite.
  ///
  /// - Precondition: Confidences are in 0...1.
  public init?(_ score: Score, _ rows: [(confidence: Double, isRight: Bool)]) {
    guard let decomposition = Self.all(rows)[score] else { return nil }
    self = decomposition
  }

  /// The decompositions of all scores whose mean over `rows` is finite; none for no rows.
  static func all(_ rows: [(confidence: Double, isRight: Bool)]) -> [Score: ScoreDecomposition] {
    let recalibrated = IsotonicRegression.counts(of: rows)
    return Score.allCases.reduce(into: [:]) { all, score in
      let values = rows.lazy.map { Optional(score.value($0.confidence, $0.isRight)) }
      guard let value = RunningMean.mean(of: values) else { return }
      all[score] = ScoreDecomposition(score, value: value, recalibrated: recalibrated)
    }
  }

  /// The decomposition over rows that are counted already, by strictly rising confidence.
  init?(_ score: Score, ties: [ConfidenceRanking.Tie]) {
    var sum = 0.0
    for tie in ties {
      if tie.rightCount > 0 { sum += Double(tie.rightCount) * score.value(tie.confidence, true) }
      if tie.wrongCount > 0 { sum += Double(tie.wrongCount) * score.value(tie.confidence, false) }
    }
    let count = ties.reduce(0) { $0 + $1.count }
    guard count > 0, sum.isFinite else { return nil }
    self.init(
      score, value: sum / Double(count), recalibrated: IsotonicRegression.counts(of: ties))
  }

  private init(
    _ score: Score, value: Double, recalibrated: [(rightCount: Int, count: Int)]
  ) {
    var sum = RunningMean()
    for block in recalibrated { sum.add(score.total(block.rightCount, of: block.count)) }
    let total = recalibrated.reduce(0) { $0 + $1.count }
    let best = sum.sum / Double(total)
    let rightCount = recalibrated.reduce(0) { $0 + $1.rightCount }
    self.score = value
    uncertainty = score.total(rightCount, of: total) / Double(total)
    miscalibration = value - best
    discrimination = uncertainty - best
  }
}

extension ScoreDecomposition.Score {
  fileprivate func value(_ confidence: Double, _ isRight: Bool) -> Double {
    switch self {
    case .brier:
      let error = isRight ? 1 - confidence : confidence
      return error * error
    case .log: return isRight ? -Foundation.log(confidence) : -log1p(-confidence)
    }
  }

  /// The sum of the scores of `count` rows whose confidence is their accuracy.
  fileprivate func total(_ rightCount: Int, of count: Int) -> Double {
    let (right, wrong, count) = (Double(rightCount), Double(count - rightCount), Double(count))
    switch self {
    case .brier: return right * wrong / count
    case .log:
      func part(_ hits: Double) -> Double { hits > 0 ? -hits * Foundation.log(hits / count) : 0 }
      return part(right) + part(wrong)
    }
  }
}

/// Recalibrated confidence against confidence, with the band in which it lies where confidences are
/// calibrated.
public struct ReliabilityCurve: Sendable {
  /// A point of the curve.
  public struct Point: Sendable, Equatable {
    /// The confidence.
    public let confidence: Double
    /// The recalibrated one.
    public let accuracy: Double
    /// The ends of the 90 % consistency band there; nil without draws.
    public let band: ClosedRange<Double>?
  }

  /// Points at rising confidences of rows, from the lowest to the highest.
  public let points: [Point]

  /// The curve of `rows` at up to `pointCount` confidences.
  ///
  /// Each draw decides anew which rows are right, with the row's confidence as the probability, and
  /// recalibrates; the band has 5 % of draws on either side. Draws are a function of the seed.
  public init(
    _ rows: [(confidence: Double, isRight: Bool)], pointCount: Int = 50, drawCount: Int = 100,
    seed: UInt64 = 0
  ) {
    let rows = rows.map(\.confidence).risingOrder.map { rows[$0] }
    let count = min(pointCount, rows.count)
    let places = (0..<count).map { index in
      count > 1 ? rows[index * (rows.count - 1) / (count - 1)].confidence : rows[0].confidence
    }.reduce(into: [Double]()) { if $0.last != $1 { $0.append($1) } }
    let curve = IsotonicRegression(rows)
    let draws = (0..<drawCount).map { draw -> [Double] in
      var random = RandomStream(seed: seed, purpose: "consistency band", major: draw)
      let drawn = IsotonicRegression(
        rows.map { ($0.confidence, random.nextUniform() < $0.confidence) })
      return places.map(drawn.value)
    }
    points = places.enumerated().map { index, place in
      let values = draws.map { $0[index] }.sorted()
      let outside = values.count / 20
      return Point(
        confidence: place, accuracy: curve.value(at: place),
        band: values.isEmpty ? nil : values[outside]...values[values.count - 1 - outside])
    }
  }
}
