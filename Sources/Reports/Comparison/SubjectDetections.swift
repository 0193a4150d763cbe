import Runs
import Scoring

/// A figure of a run in a cell that is no mean over images.
package struct DrawnFigure: Sendable {
  package let value: Double
  /// What its interval is made from; nil without draws.
  package let spread: MetricSpread?

  package init(value: Double, spread: MetricSpread?) {
    (self.value, self.spread) = (value, spread)
  }
}

/// How well runs of the same images tell them from the same images of no class.
struct SubjectDetections {
  /// What is compared.
  struct Choice: Sendable {
    /// The name of the images of no class.
    let set: String
    let score: DetectionScore
  }

  private let choice: Choice
  private let subjects: [SubjectScorer.Subject]
  private let others: [LabeledLogits]  // [runs]
  private let parts: [[Int]]
  private let scorer: Scorer
  private let draws: DetectionDraws?
  /// AUROC and the false positive rate.
  let figures: [Metric]

  /// - Parameters:
  ///   - choice: What is compared.
  ///   - subjects: The runs, each with its predictor and calibration.
  ///   - parts: The images of each part whose figures are averaged.
  ///   - scorer: What scores.
  ///   - draws: Draws of both sets, by the number of images of no class; nil for no intervals.
  /// - Throws: `ReportsError.noOutOfDistribution` for a run without these images, `.otherRun` where they are others; what
  ///   reading predictions throws.
  init(
    _ choice: Choice, of subjects: [SubjectScorer.Subject], parts: [[Int]], _ scorer: Scorer,
    draws: (Int) throws -> DetectionDraws?
  ) throws {
    self.choice = choice
    self.subjects = subjects
    self.parts = parts
    self.scorer = scorer
    let runs = subjects.map(\.run)
    others = try runs.map { run in
      let store = run.folder.predictions.outOfDistribution(choice.set)
      guard store.contains(.clean) else {
        throw ReportsError.noOutOfDistribution(
          run.folder.url, choice.set, found: run.folder.predictions.outOfDistributionNames())
      }
      return try store.unlabeledLogits(
        memberCount: run.memberCount, classCount: run.classCount)
    }
    for (run, other) in zip(runs, others) {
      try Self.check(choice.set, runs[0], others[0].rowCount, run, other.rowCount)
    }
    self.draws = try draws(others[0].rowCount)
    figures = DetectionMean.figures.map { figure in
      Metric(
        DetectionMean(figure, choice.score, set: choice.set).name,
        of: .rows(needsDistribution: false) { _ in nil },
        better: figure.isLargerBetter ? .higher : .lower)
    }
  }

  /// Checks that two runs have the same images of no class, as far as they are known.
  private static func check(
    _ set: String, _ first: ComparableRun, _ firstCount: Int, _ second: ComparableRun,
    _ secondCount: Int
  ) throws {
    func refuse(_ mine: String, _ its: String) -> ReportsError {
      .otherRun(
        first.folder.url, second.folder.url, field: "images of no class, \(set)", first: mine,
        second: its)
    }
    guard firstCount == secondCount else { throw refuse("\(firstCount)", "\(secondCount)") }
    guard let mine = first.record.outOfDistribution?[set],
      let its = second.record.outOfDistribution?[set], mine.arePredictions != true,
      its.arePredictions != true
    else { return }
    guard mine.data == its.data else { throw refuse(mine.data, its.data) }
  }

  /// The figures of each run in a cell.
  ///
  /// - Throws: `ReportsError.noDetectionScore` where a predictor has no such score; what reading predictions
  ///   throws, or `ScoringError`.
  func numbers(of cell: Cell) throws -> [[Metric: DrawnFigure]] {
    try zip(subjects, others).map { subject, other in
      let ofSubject = zip(parts, subject.calibrations).map { images, calibrations in
        DetectionPart(rows: parts.count > 1 ? images : nil, calibrations: calibrations)
      }
      let found = try scorer.detections(
        of: subject.predictor, ofSubject, of: subject.run.logits(of: cell), from: other, by: draws,
        only: choice.score)
      guard let detection = found.first else {
        throw ReportsError.noDetectionScore(
          subject.run.folder.url, choice.score.name, predictor: subject.predictor.name)
      }
      return zip(figures, DetectionMean.figures).reduce(into: [:]) { numbers, pair in
        guard let value = detection.values[pair.1] else { return }
        numbers[pair.0] = DrawnFigure(
          value: value, spread: detection.distributions[pair.1].map(MetricSpread.draws))
      }
    }
  }
}
