import Scoring

/// Gathers the scores of several runs, cell by cell, into contrasts with the first.
///
/// Of each cell it keeps some numbers and draws, and no rows.
package struct ComparisonTally {
  /// A run's scores on a cell, in parts that were calibrated alike.
  package typealias PartedRows = [[RowScore]]  // [parts][rows]

  /// What is known of a run but the first.
  private struct Gathered {
    var cells: [Contrast] = []
    /// By metric, for each corrupted cell how the difference varies.
    var draws: [Metric: [BootstrapDistribution?]] = [:]
    /// For each image, how many more of its corrupted versions the run gets right than the first.
    var surpluses: [Int]  // [N]
  }

  private let metrics: [Metric]
  /// The images of each part's rows.
  private let parts: [[Int]]
  private let bootstrap: Bootstrap?
  private var corruptedPlaces: [Int] = []
  private var runs: [Gathered]

  /// - Parameters:
  ///   - runCount: How many runs there are, the reference among them.
  ///   - imageCount: N, the images of each cell.
  ///   - metrics: The metrics that are defined.
  ///   - parts: The images of each part's rows; by default one part of all images.
  ///   - bootstrap: Draws of the images; nil for no intervals.
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
  /// - Throws: `ScoringError` where rows are not as many as a part's images.
  package mutating func add(isCorrupted: Bool, _ scores: [PartedRows]) throws {
    let figures = scores.map(self.figures)
    let draws = try draws(scores)
    for run in runs.indices {
      var contrast: [Metric: Contrast.Figure] = [:]
      for metric in metrics {
        let draws = draws.flatMap { Self.difference($0[run + 1][metric], $0[0][metric]) }
        if isCorrupted { runs[run].draws[metric, default: []].append(draws) }
        guard let reference = figures[0][metric], let value = figures[run + 1][metric] else {
          continue
        }
        contrast[metric] = Contrast.Figure(
          reference: reference, run: value, interval: draws?.interval())
      }
      let test = compareRights(scores[0], scores[run + 1], ofRun: run, isCorrupted)
      if isCorrupted && run == 0 { corruptedPlaces.append(runs[run].cells.count) }
      runs[run].cells.append(
        Contrast(
          figures: contrast, pValue: test.pValue,
          surplus: test.onlySecondRight - test.onlyFirstRight))
    }
  }

  /// McNemar's test of the rows; those of a corrupted cell are remembered image by image.
  private mutating func compareRights(
    _ reference: PartedRows, _ scores: PartedRows, ofRun run: Int, _ isCorrupted: Bool
  ) -> McNemarTest {
    var (losses, gains) = (0, 0)
    for (part, images) in parts.enumerated() {
      for (row, image) in images.enumerated() {
        let surplus = (scores[part][row].isRight ? 1 : 0) - (reference[part][row].isRight ? 1 : 0)
        if surplus > 0 { gains += 1 }
        if surplus < 0 { losses += 1 }
        if isCorrupted { runs[run].surpluses[image] += surplus }
      }
    }
    return McNemarTest(onlyFirstRight: losses, onlySecondRight: gains)
  }

  /// The metrics of a run on a cell: means over the parts, as in the tables of an evaluation.
  private func figures(_ scores: PartedRows) -> [Metric: Double] {
    var figures: [Metric: Double] = [:]
    for metric in metrics {
      let values = scores.compactMap { Self.figure(metric, $0) }
      if values.count == scores.count {
        figures[metric] = values.reduce(0, +) / Double(values.count)
      }
    }
    return figures
  }

  private static func figure(_ metric: Metric, _ rows: [RowScore]) -> Double? {
    func mean(_ value: (RowScore) -> Double) -> Double? {
      rows.isEmpty ? nil : rows.reduce(0) { $0 + value($1) } / Double(rows.count)
    }
    return switch metric {
    case .accuracy: mean { $0.isRight ? 1 : 0 }
    case .negativeLogLikelihood: mean(\.negativeLogLikelihood)
    case .brierScore: mean(\.brierScore)
    case .calibrationError: ReliabilityTable(rows).expectedCalibrationError
    default: nil
    }
  }

  private static func difference(
    _ first: BootstrapDistribution?, _ second: BootstrapDistribution?
  ) -> BootstrapDistribution? {
    guard let first, let second else { return nil }
    return first - second
  }

  /// The metrics of every run on every draw; nil without draws.
  private func draws(_ scores: [PartedRows]) throws -> [MetricDistributions]? {
    guard let bootstrap else { return nil }
    let parts = try parts.enumerated().map { part, images in
      try bootstrap.distributions(of: scores.map { $0[part] }, images: images)
    }
    return scores.indices.map { run in
      metrics.reduce(into: [:]) { all, metric in
        all[metric] = BootstrapDistribution.mean(of: parts.map { $0[run][metric] })
      }
    }
  }
}

extension ComparisonTally {
  /// What was gathered of the runs but the first, with labels for them; every p-value is corrected.
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

  /// The contrast of means over the corrupted cells; nil where there are none.
  private func mean(_ run: Gathered) -> Contrast? {
    let cells = corruptedPlaces.map { run.cells[$0].figures }
    guard !cells.isEmpty else { return nil }
    var figures: [Metric: Contrast.Figure] = [:]
    for metric in metrics {
      let all = cells.compactMap { $0[metric] }
      guard all.count == cells.count else { continue }
      let count = Double(all.count)
      figures[metric] = Contrast.Figure(
        reference: all.reduce(0) { $0 + $1.reference } / count,
        run: all.reduce(0) { $0 + $1.run } / count,
        interval: BootstrapDistribution.mean(of: run.draws[metric] ?? [])?.interval())
    }
    let test = SignFlipTest(run.surpluses)
    return Contrast(figures: figures, pValue: test.pValue, surplus: test.sum)
  }
}
