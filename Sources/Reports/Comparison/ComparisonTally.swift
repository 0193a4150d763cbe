import Scoring

/// Accumulates the scores of several runs, cell by cell, into contrasts with the first run.
///
/// It keeps metrics, bootstrap draws and a number for each image, but no rows.
package struct ComparisonTally {
  /// A run's scores on a cell, split into parts with one calibration each.
  package typealias PartedRows = [ScoredRows]  // [parts]

  /// The results of one run other than the first.
  private struct Gathered {
    var cells: [Contrast] = []
    /// By metric, the spread of the difference on each corrupted cell.
    var spreads: [Metric: [MetricSpread?]] = [:]
    /// For each image, how many more of its corrupted versions the run gets right than the first
    /// run.
    var surpluses: [Int]  // [N]
  }

  private let metrics: [Metric]
  private let parts: [[Int]]  // [parts][rows], the image of each row
  private let bootstrap: Bootstrap?
  private var corruptedIndices: [Int] = []
  private var runs: [Gathered]

  /// - Parameters:
  ///   - runCount: The number of runs, including the reference.
  ///   - imageCount: N, the number of images of each cell.
  ///   - metrics: The metrics that the calibration leaves defined.
  ///   - parts: The image of each row of each part; by default one part of all images.
  ///   - bootstrap: Draws of images; nil for no intervals.
  package init(
    runCount: Int, imageCount: Int, metrics: [Metric] = Comparison.metrics,
    parts: [[Int]]? = nil, bootstrap: Bootstrap? = nil
  ) {
    self.metrics = metrics
    self.parts = parts ?? [Array(0..<imageCount)]
    self.bootstrap = bootstrap
    runs = (1..<max(runCount, 1)).map { _ in
      Gathered(surpluses: [Int](repeating: 0, count: imageCount))
    }
  }

  /// Adds a cell, with the scores of every run on it.
  ///
  /// - Throws: `ScoringError` where a part has more or fewer rows than images.
  package mutating func add(isCorrupted: Bool, _ scores: [PartedRows]) throws {
    // Means over the parts, as in the tables of an evaluation.
    let values = scores.map { parts in
      MetricValues.mean(parts.map { $0.values(of: metrics) })
    }
    let spreads = try spreads(scores)
    for run in runs.indices {
      var contrast: [Metric: Contrast.Values] = [:]
      for metric in metrics {
        let spread = spreads.flatMap { Self.difference($0[run + 1][metric], $0[0][metric]) }
        if isCorrupted { runs[run].spreads[metric, default: []].append(spread) }
        guard let reference = values[0][metric], let value = values[run + 1][metric] else {
          continue
        }
        contrast[metric] = Contrast.Values(
          reference: reference, run: value, interval: spread?.interval(around: value - reference))
      }
      let test = compareRights(scores[0], scores[run + 1], ofRun: run, isCorrupted)
      if isCorrupted && run == 0 { corruptedIndices.append(runs[run].cells.count) }
      runs[run].cells.append(
        Contrast(
          values: contrast, pValue: test.pValue,
          surplus: test.onlySecondRight - test.onlyFirstRight))
    }
  }

  /// McNemar's test of the rows; on a corrupted cell, also adds to the surplus of each image.
  private mutating func compareRights(
    _ reference: PartedRows, _ scores: PartedRows, ofRun run: Int, _ isCorrupted: Bool
  ) -> McNemarTest {
    var (losses, gains) = (0, 0)
    for (part, images) in parts.enumerated() {
      for (row, image) in images.enumerated() {
        let surplus =
          (scores[part].rows[row].isRight ? 1 : 0) - (reference[part].rows[row].isRight ? 1 : 0)
        if surplus > 0 { gains += 1 }
        if surplus < 0 { losses += 1 }
        if isCorrupted { runs[run].surpluses[image] += surplus }
      }
    }
    return McNemarTest(onlyFirstRight: losses, onlySecondRight: gains)
  }

  private static func difference(
    _ first: MetricSpread?, _ second: MetricSpread?
  ) -> MetricSpread? {
    guard let first, let second else { return nil }
    return first - second
  }

  /// What the intervals of every run's metrics are made from; nil without draws.
  private func spreads(_ scores: [PartedRows]) throws -> [MetricSpreads]? {
    guard let bootstrap else { return nil }
    let parts = try parts.enumerated().map { part, images in
      let rows = scores.map { $0[part].rows }
      let errors = try bootstrap.calibrationSpreads(
        of: rows, images: images,
        metrics: metrics.filter(Bootstrap.calibrationErrors.contains),
        binning: scores[0][part].reliability.binning)
      return zip(try bootstrap.distributions(of: rows, images: images), errors).map {
        $0.mapValues(MetricSpread.draws).merging($1) { $1 }
      }
    }
    return scores.indices.map { run in
      metrics.reduce(into: [:]) { all, metric in
        all[metric] = .mean(of: parts.map { $0[run][metric] })
      }
    }
  }
}

extension ComparisonTally {
  /// Every run but the first against it, with the given labels and corrected p-values.
  package func pairs(_ labels: [String]) -> [Comparison.Pair] {
    var pairs = zip(labels, runs).map { label, run in
      Comparison.Pair(run: label, cells: run.cells, mean: mean(run))
    }
    let corrected = FamilyCorrection.adjusted(
      means: pairs.compactMap(\.mean?.pValue), cells: pairs.flatMap { $0.cells.map(\.pValue) })
    let cellCount = pairs.first?.cells.count ?? 0
    for index in pairs.indices {
      for cell in 0..<cellCount {
        pairs[index].cells[cell].correctedPValue = corrected.cells[index * cellCount + cell]
      }
      if !corrected.means.isEmpty { pairs[index].mean?.correctedPValue = corrected.means[index] }
    }
    return pairs
  }

  /// The contrast on average over the corrupted cells; nil where there are none.
  private func mean(_ run: Gathered) -> Contrast? {
    let cells = corruptedIndices.map { run.cells[$0].values }
    guard !cells.isEmpty else { return nil }
    var values: [Metric: Contrast.Values] = [:]
    for metric in metrics {
      guard let reference = RunningMean.mean(of: cells.map { $0[metric]?.reference }),
        let value = RunningMean.mean(of: cells.map { $0[metric]?.run })
      else { continue }
      values[metric] = Contrast.Values(
        reference: reference, run: value,
        interval: MetricSpread.mean(of: run.spreads[metric] ?? [])?
          .interval(around: value - reference))
    }
    let test = SignFlipTest(run.surpluses)
    return Contrast(values: values, pValue: test.pValue, surplus: test.sum)
  }
}
