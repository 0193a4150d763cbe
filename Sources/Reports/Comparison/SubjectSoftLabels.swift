import Runs
import Scoring

/// What people say of the images of runs, against which each is compared.
struct SubjectSoftLabels {
  private let subjects: [SubjectScorer.Subject]
  private let parts: [[Int]]
  private let labels: SoftLabels
  private let scorer: Scorer
  /// The metrics that are means over images, without the cross entropy: its differences are those of the
  /// divergence.
  let figures: [Metric]

  /// - Parameters:
  ///   - runs: Runs of the same images.
  ///   - subjects: How each is calibrated, part by part.
  ///   - parts: The images of each part.
  ///   - calibration: The calibration, which leaves the metrics defined or not.
  ///   - scorer: What scores.
  /// - Throws: `ReportsError` where a run has no soft labels, or others; what reading them throws.
  init(
    of runs: [ComparableRun], _ subjects: [SubjectScorer.Subject], parts: [[Int]],
    under calibration: Calibration, _ scorer: Scorer
  ) throws {
    for run in runs where run.record.additions.softLabels == nil {
      throw ReportsError.noSoftLabels(run.folder.url)
    }
    let all = try runs.map { try $0.folder.predictions.softLabels() }
    if let other = all.firstIndex(where: { $0 != all[0] }) {
      let digests = [0, other].map { runs[$0].record.additions.softLabels?.digest ?? "" }
      throw ReportsError.otherRun(
        runs[0].folder.url, runs[other].folder.url, field: "SHA-256 of the soft labels",
        first: digests[0], second: digests[1])
    }
    (labels, self.subjects, self.parts, self.scorer) = (all[0], subjects, parts, scorer)
    figures = MetricGroup.softLabels.metrics.dropFirst().filter { metric in
      if case .softMean = metric.input { calibration.defines(metric) } else { false }
    }
  }

  /// For each run the numbers of each image of a cell; a metric that is infinite for an image has none.
  ///
  /// - Throws: What reading predictions throws, or `ScoringError`.
  func numbers(of cell: Cell) throws -> [[Metric: [Double]]] {
    guard !figures.isEmpty else { return subjects.map { _ in [:] } }
    return try subjects.map { subject in
      let scores = try self.scores(of: subject, on: cell)
      return figures.reduce(into: [:]) { numbers, metric in
        guard case .softMean(let value) = metric.input else { return }
        let all = scores.map(value)
        if all.allSatisfy(\.isFinite) { numbers[metric] = all }
      }
    }
  }

  /// The scores of each image.
  private func scores(of subject: SubjectScorer.Subject, on cell: Cell) throws -> [SoftScore] {
    let logits = try subject.run.logits(of: cell)
    var scores = [SoftScore?](repeating: nil, count: labels.imageCount)
    for (images, calibrations) in zip(parts, subject.calibrations) {
      let rows = try scorer.softScores(
        of: subject.predictor, in: parts.count > 1 ? logits.selecting(rows: images) : logits,
        calibrations: calibrations, against: labels, images: images)
      for (image, score) in zip(images, rows) { scores[image] = score }
    }
    return scores.compactMap(\.self)
  }
}
