import Scoring

/// Accumulates the scores of several runs, cell by cell, into contrasts with the first run.
///
/// It keeps metrics, bootstrap draws and a few numbers for each image, but no rows.
package struct ComparisonTally {
  /// A run's scores on a cell, split into parts with one calibration each.
  package typealias PartedRows = [ScoredRows]  // [parts]

  /// The results of one run other than the first.
  private struct Gathered {
    var cells: [Contrast] = []
    /// By metric, the spread of the difference on each corrupted cell.
    var spreads: [Metric: [MetricSpread?]] = [:]
  }

  private let metrics: [Metric]
  private let parts: [[Int]]  // [parts][rows], the image of each row
  private let bootstrap: Bootstrap?
  private let imageCount: Int
  private var corruptedIndices: [Int] = []
  /// The figures that are no means over images.
  private var drawnMetrics: Set<Metric> = []
  private var runs: [Gathered]
  /// The scores of all corrupted cells, of the reference first.
  private var corrupted: [ImageScores]

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
    self.imageCount = imageCount
    runs = (1..<max(runCount, 1)).map { _ in Gathered() }
    corrupted = (0..<runCount).map { _ in ImageScores(imageCount: imageCount) }
  }

  /// Adds a cell, with the scores of every run on it.
  ///
  /// - Parameters:
  ///   - isCorrupted: Whether the cell is not the clean one.
  ///   - scores: The scores of each run.
  ///   - figures: For each run the numbers of each image whose means are the figures.
  ///   - drawn: For each run figures that are no such means; they are tested by the draws.
  /// - Throws: `ScoringError` where a part has more or fewer rows than images.
  package mutating func add(
    isCorrupted: Bool, _ scores: [PartedRows], figures: [[Metric: [Double]]] = [],
    drawn: [[Metric: DrawnFigure]] = []
  ) throws {
    // Means over the parts, as in the tables of an evaluation.
    var values = scores.map { parts in
      MetricValues.mean(parts.map { $0.values(of: metrics) })
    }
    var spreads = try spreads(scores)
    var images = scores.map { ImageScores($0, parts: parts, imageCount: imageCount) }
    for (run, figures) in figures.enumerated() {
      images[run].figures = figures
      for (metric, numbers) in figures {
        values[run][metric] = RunningMean.mean(of: numbers.map { $0 })
        spreads?[run][metric] = try bootstrap?.means(of: [numbers])[0].map(MetricSpread.draws)
      }
    }
    for (run, figures) in drawn.enumerated() {
      for (metric, figure) in figures {
        drawnMetrics.insert(metric)
        values[run][metric] = figure.value
        spreads?[run][metric] = figure.spread
      }
    }
    if isCorrupted {
      corruptedIndices.append(runs.first?.cells.count ?? 0)
      for index in images.indices { corrupted[index].add(images[index]) }
    }
    for run in runs.indices {
      compare(
        run, values[run + 1], values[0], spreads.map { ($0[run + 1], $0[0]) },
        isCorrupted: isCorrupted, images)
    }
  }

  /// Adds how a run differs from the reference in a cell.
  private mutating func compare(
    _ run: Int, _ own: MetricValues<Metric>, _ its: MetricValues<Metric>,
    _ spreads: (own: MetricSpreads, its: MetricSpreads)?, isCorrupted: Bool, _ images: [ImageScores]
  ) {
    var contrast: [Metric: Contrast.Values] = [:]
    var drawnTests: [Metric: PairedTest] = [:]
    for metric in metrics {
      let spread = spreads.flatMap { Self.difference($0.own[metric], $0.its[metric]) }
      if isCorrupted { runs[run].spreads[metric, default: []].append(spread) }
      guard let reference = its[metric], let value = own[metric] else { continue }
      contrast[metric] = Contrast.Values(
        reference: reference, run: value, interval: spread?.interval(around: value - reference))
      drawnTests[metric] = drawnTest(metric, value - reference, spread)
    }
    runs[run].cells.append(tested(contrast, images[run + 1], images[0], drawnTests))
  }

  /// The values with a test of each; of drawn figures without draws there is none.
  private func tested(
    _ values: [Metric: Contrast.Values], _ run: ImageScores, _ reference: ImageScores,
    _ drawnTests: [Metric: PairedTest]
  ) -> Contrast {
    let tests = values.keys.filter { !drawnMetrics.contains($0) }
      .map { ($0, run.test($0, against: reference)) }
    return Contrast(
      values: values, tests: drawnTests.merging(tests) { mine, _ in mine })
  }

  /// The test of a difference by its draws; nil for other figures, without draws, and where neither value is
  /// better.
  private func drawnTest(
    _ metric: Metric, _ difference: Double, _ spread: MetricSpread?
  ) -> PairedTest? {
    guard drawnMetrics.contains(metric), metric.better != .none,
      let distribution = spread?.distribution
    else { return nil }
    let isBetter = metric.better == .higher ? difference > 0 : difference < 0
    return PairedTest(
      pValue: distribution.pValue, favorsRun: difference == 0 ? nil : isBetter)
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
      let excesses = try bootstrap.means(
        of: rows.map { rows in rows.map { $0.confidence - ($0.isRight ? 1 : 0) } }, images: images)
      let weighted = try bootstrap.distributions(of: rows, images: images)
      return rows.indices.map { run -> MetricSpreads in
        var all = weighted[run].mapValues(MetricSpread.draws).merging(errors[run]) { $1 }
        all[.overconfidence] = excesses[run].map(MetricSpread.draws)
        return all
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
    var pairs = zip(labels, runs.indices).map { label, run in
      Comparison.Pair(run: label, cells: runs[run].cells, mean: mean(run))
    }
    let (first, second) = (conclusions(pairs), places(pairs, cells: corruptedIndices))
    let corrected = FamilyCorrection.adjusted(
      conclusions: first.map { $0.pValue(in: pairs) }, cells: second.map { $0.pValue(in: pairs) })
    for (place, value) in zip(first, corrected.conclusions) { place.correct(&pairs, to: value) }
    for (place, value) in zip(second, corrected.cells) { place.correct(&pairs, to: value) }
    return pairs
  }

  /// Where a test stands.
  private struct Place {
    let pair: Int
    /// Nil for the mean over cells.
    let cell: Int?
    let metric: Metric

    func contrast(in pairs: [Comparison.Pair]) -> Contrast? {
      cell.map { pairs[pair].cells[$0] } ?? pairs[pair].mean
    }

    func pValue(in pairs: [Comparison.Pair]) -> Double {
      contrast(in: pairs)?.tests[metric]?.pValue ?? 1
    }

    func correct(_ pairs: inout [Comparison.Pair], to pValue: Double) {
      if let cell {
        pairs[pair].cells[cell].correct(metric, to: pValue)
      } else {
        pairs[pair].mean?.correct(metric, to: pValue)
      }
    }
  }

  /// The tests on clean images and of the means over cells.
  private func conclusions(_ pairs: [Comparison.Pair]) -> [Place] {
    let clean = (pairs.first?.cells ?? []).indices.filter { !corruptedIndices.contains($0) }
    return places(pairs, cells: clean.map(Optional.some) + [nil])
  }

  private func places(_ pairs: [Comparison.Pair], cells: [Int?]) -> [Place] {
    pairs.indices.flatMap { pair in
      cells.flatMap { cell in metrics.map { Place(pair: pair, cell: cell, metric: $0) } }
    }.filter { $0.contrast(in: pairs)?.tests[$0.metric] != nil }
  }

  /// The contrast on average over the corrupted cells; nil where there are none.
  private func mean(_ index: Int) -> Contrast? {
    let run = runs[index]
    let cells = corruptedIndices.map { run.cells[$0].values }
    guard !cells.isEmpty else { return nil }
    var values: [Metric: Contrast.Values] = [:]
    var drawnTests: [Metric: PairedTest] = [:]
    for metric in metrics {
      guard let reference = RunningMean.mean(of: cells.map { $0[metric]?.reference }),
        let value = RunningMean.mean(of: cells.map { $0[metric]?.run })
      else { continue }
      let spread = MetricSpread.mean(of: run.spreads[metric] ?? [])
      values[metric] = Contrast.Values(
        reference: reference, run: value, interval: spread?.interval(around: value - reference))
      drawnTests[metric] = drawnTest(metric, value - reference, spread)
    }
    return tested(values, corrupted[index + 1], corrupted[0], drawnTests)
  }
}
