/// A method of calibration: what it fits on logits and labels, and what the fit does to others.
///
/// Adding one: write a file with a conformer, and name it in `Calibration.all`.
public protocol Calibrator: Sendable {
  /// The name in the `calibration` column of result files.
  var name: String { get }

  /// What it calibrates, which decides on the metrics that are defined.
  var output: CalibratedOutput { get }

  /// Which rows it is fitted on; by default others than those that are scored.
  var fitting: CalibrationFitting { get }

  /// Of more classes it has no rows in result files; by default any number is allowed.
  var largestClassCount: Int { get }

  /// Whether it is made for `predictor`, of `memberCount` members, which then has a row in result files;
  /// by default for all.
  func applies(to predictor: Predictor, memberCount: Int) -> Bool

  /// The map that is fitted for `predictor`, one that `applies(to:memberCount:)` accepts.
  ///
  /// It is a `CalibrationMap.confidence` where `output` is the confidence, and nowhere else. What fits
  /// nothing is handed the rows that are scored, and returns the same map for any.
  ///
  /// - Throws: what computing on the rows throws.
  func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap
}

extension Calibrator {
  public var fitting: CalibrationFitting { .otherRows }
  public var largestClassCount: Int { .max }
  public func applies(to predictor: Predictor, memberCount: Int) -> Bool { true }
}

/// What a calibration leaves of the predictions.
public enum CalibratedOutput: Sendable {
  /// A probability for each class: every metric is defined.
  case distribution
  /// The confidence of the predicted class alone: metrics with `needsDistribution` are undefined.
  case confidence
}

/// The rows that a calibration is fitted on.
public enum CalibrationFitting: Sendable {
  /// None: there is nothing to fit.
  case nothing
  /// Rows that the fit does not score: the other half, or a validation set.
  case otherRows
  /// The very rows that are scored: a bound that no honest fit reaches.
  case scoredRows
}

/// The rows that calibrations are fitted on, with what several of them need computed once.
public final class FittingRows {
  /// The logits and labels.
  public let logits: LabeledLogits
  let blocks: RowBlocks
  private let uncalibrated: UncalibratedScores
  private var maps: [Fit: CalibrationMap] = [:]

  private struct Fit: Hashable {
    let calibrator: String
    let predictor: Predictor
  }

  /// Rows that are read on `threadCount` threads.
  public convenience init(_ logits: LabeledLogits, threadCount: Int = 1) {
    self.init(logits, blocks: RowBlocks(threadCount: threadCount))
  }

  init(_ logits: LabeledLogits, blocks: RowBlocks) {
    self.logits = logits
    self.blocks = blocks
    uncalibrated = UncalibratedScores(logits, blocks: blocks)
  }

  /// The uncalibrated scores of every row.
  ///
  /// - Throws: `ScoringError` when there is no such predictor.
  public func scores(of predictor: Predictor) throws -> [RowScore] {
    try uncalibrated.scores(of: predictor)
  }

  /// The rows that a loss of `predictor` can be fitted on: those to whose label it does not give the
  /// probability 0, with which no calibration changes an infinite loss.
  ///
  /// - Returns: All rows of logits; nil where no row is left.
  /// - Throws: `ScoringError` when there is no such predictor.
  public func possible(for predictor: Predictor) throws -> LabeledLogits? {
    guard logits.numbers == .probabilities else { return logits }
    let scores = try scores(of: predictor)
    let rows = scores.indices.filter { scores[$0].negativeLogLikelihood.isFinite }
    guard rows.count < scores.count else { return logits }
    return rows.isEmpty ? nil : try logits.selecting(rows: rows)
  }

  /// What `calibrator` fits for `predictor`, for other calibrators to build upon.
  ///
  /// - Throws: as `Calibrator.fit(_:on:)`.
  public func map(
    by calibrator: some Calibrator, for predictor: Predictor
  ) throws -> CalibrationMap {
    let fit = Fit(calibrator: calibrator.name, predictor: predictor)
    if let map = maps[fit] { return map }
    let map = try calibrator.fit(predictor, on: self)
    maps[fit] = map
    return map
  }
}
