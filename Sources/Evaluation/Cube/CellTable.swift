import Scoring

/// Gathers the numbers of cells, and averages them.
struct CellTable {
  typealias Distributions = [Calibration: [Predictor: MetricDistributions]]

  /// Cells that a protocol pools, and under which names.
  struct PooledSet {
    let protocols: [CorruptionProtocol.Name]
    let cells: [Cell]
  }

  private let protocols: [CorruptionProtocol]
  /// What is put behind a protocol's name where substitutes stand in for some of its corruptions.
  private let mark: String
  private let baseline: Baseline?
  private var results: [CellResult] = []
  private var distributions: [Cell: Distributions] = [:]
  private var pooled: [CorruptionProtocol.Name: (scores: [CellScores], Distributions)] = [:]

  /// A table for `cells`, aggregated as the protocols of `kinds` are.
  ///
  /// Where cells of a substitute stand in for those of a corruption, no published figure comes of
  /// them: the protocols are marked.
  init(_ cells: [Cell], kinds: [CorruptionKind], baseline: Baseline?) {
    let names = Set(cells.map(\.corruption))
    let present = kinds.map { kind in
      let substitute = Cell.substitute(for: kind.name)
      return names.contains(substitute) && !names.contains(kind.name)
        ? CorruptionKind(
          name: substitute, family: kind.family, isBenchmark: kind.isBenchmark) : kind
    }
    mark = present == kinds ? "" : Cell.substituteMark
    protocols = CorruptionProtocol.Name.allCases.compactMap { CorruptionProtocol($0, of: present) }
    self.baseline = baseline
  }

  mutating func append(_ result: CellResult, _ distributions: Distributions) {
    results.append(result)
    self.distributions[result.cell] = distributions
  }

  mutating func setPooled(
    _ set: PooledSet, _ scores: [CellScores], _ distributions: Distributions
  ) {
    for name in set.protocols { pooled[name] = (scores, distributions) }
  }

  /// The sets of rows that protocols with all their cells pool; equal sets once.
  var pooledSets: [PooledSet] {
    var sets: [PooledSet] = []
    for complete in complete {
      let cells = complete.cells()
      if let index = sets.firstIndex(where: { Set($0.cells) == Set(cells) }) {
        sets[index] = PooledSet(
          protocols: sets[index].protocols + [complete.name], cells: sets[index].cells)
      } else {
        sets.append(PooledSet(protocols: [complete.name], cells: cells))
      }
    }
    return sets
  }

  private var complete: [CorruptionProtocol] {
    protocols.filter { $0.lacking(corrupted) == nil }
  }

  private var corrupted: [Cell] { results.map(\.cell).filter { $0 != .clean } }

  var cube: ScoreCube {
    let lacking =
      corrupted.isEmpty
      ? [] : protocols.compactMap { $0.lacking(corrupted) }
    let notes = lacking + [undefinedNote].compactMap { $0 }
    return ScoreCube(
      cells: results, summary: cleanFigures + protocols.flatMap(figures), notes: notes)
  }

  /// Which metrics have no value in some rows, although their calibration defines them.
  private var undefinedNote: String? {
    let counts = Metric.allCases.compactMap { metric -> String? in
      let count = results.flatMap(\.scores).reduce(0) { count, scores in
        guard scores.calibration.defines(metric) else { return count }
        return count + scores.predictors.count { $0.figures[metric] == nil }
      }
      return count > 0 ? "\(metric.rawValue) in \(count) rows" : nil
    }
    return counts.isEmpty ? nil : "undefined, left empty: " + counts.joined(separator: ", ")
  }

  private var cleanFigures: [SummaryFigure] {
    guard let clean = results.first(where: { $0.cell == .clean }) else { return [] }
    return clean.scores.flatMap { scores in
      scores.predictors.flatMap { row in
        Metric.allCases.map { metric in
          let interval =
            metric == .accuracy ? row.wilsonInterval : nil
          return SummaryFigure(
            protocolName: "clean", aggregate: "clean", predictor: row.predictor,
            calibration: scores.calibration, metric: metric.rawValue, value: row.figures[metric],
            interval: interval
              ?? distributions[.clean]?[scores.calibration]?[row.predictor]?[metric]?.interval())
        }
      }
    }
  }

  /// The figures of one protocol: of each aggregate whose cells are there, and the mean corruption
  /// errors.
  private func figures(_ benchmark: CorruptionProtocol) -> [SummaryFigure] {
    let scores = results.first?.scores ?? []
    let present = Set(corrupted)
    let aggregates = benchmark.aggregates.filter { present.isSuperset(of: benchmark.cells(of: $0)) }
    guard !aggregates.isEmpty else { return [] }
    return scores.flatMap { calibrated in
      calibrated.predictors.flatMap { row in
        let place = Place(
          protocolName: benchmark.name.rawValue + mark, predictor: row.predictor,
          calibration: calibrated.calibration)
        return aggregates.flatMap { aggregate in
          Metric.allCases.map { metric in figure(place, benchmark, aggregate, metric) }
        } + (aggregates.contains(.macro) ? corruptionErrors(place, benchmark) : [])
      }
    }
  }

  /// What the rows of a summary share.
  private struct Place {
    let protocolName: String
    let predictor: Predictor
    let calibration: Calibration

    func figure(
      _ aggregate: CorruptionAggregate, _ metric: String, _ value: Double?, _ interval: Interval?
    ) -> SummaryFigure {
      SummaryFigure(
        protocolName: protocolName, aggregate: aggregate.name, predictor: predictor,
        calibration: calibration, metric: metric, value: value,
        interval: value == nil ? nil : interval)
    }
  }

  private func figure(
    _ place: Place, _ benchmark: CorruptionProtocol, _ aggregate: CorruptionAggregate,
    _ metric: Metric
  ) -> SummaryFigure {
    if aggregate == .pooled {
      let (scores, distributions) = pooled[benchmark.name] ?? ([], [:])
      let value = Self.figures(scores, place)?[metric]
      return place.figure(
        aggregate, metric.rawValue, value,
        distributions[place.calibration]?[place.predictor]?[metric]?.interval())
    }
    let cells = benchmark.cells(of: aggregate)
    return place.figure(
      aggregate, metric.rawValue, benchmark.mean(values(metric, place), over: aggregate),
      BootstrapDistribution.mean(of: cells.map { distribution($0, place, metric) })?
        .interval())
  }

  private func corruptionErrors(
    _ place: Place, _ benchmark: CorruptionProtocol
  ) -> [SummaryFigure] {
    let cleanError = results.first { $0.cell == .clean }
      .flatMap { Self.figures($0.scores, place)?[.accuracy] }.map { 1 - $0 }
    let errors = CorruptionErrors(
      cells: values(.accuracy, place).mapValues { 1 - $0 }, clean: cleanError)
    let corrupted = BootstrapDistribution.mean(
      of: benchmark.cells().map { distribution($0, place, .accuracy) })
    let clean = distribution(.clean, place, .accuracy)
    let drop = clean.flatMap { clean in corrupted.map { clean - $0 } }
    let interval = corrupted?.interval()
    var figures = [
      place.figure(
        .macro, "mce_unnormalised", benchmark.unnormalizedMCE(errors),
        interval.map { Interval(low: 1 - $0.high, high: 1 - $0.low) }),
      place.figure(
        .macro, "relative_mce_unnormalised", benchmark.unnormalizedRelativeMCE(errors),
        drop?.interval()),
    ]
    if let baseline {
      figures += [
        place.figure(
          .macro, "mce_relative_to(\(baseline.name))",
          benchmark.mce(errors, relativeTo: baseline.errors), nil),
        place.figure(
          .macro, "relative_mce_relative_to(\(baseline.name))",
          benchmark.relativeMCE(errors, relativeTo: baseline.errors), nil),
      ]
    }
    return figures
  }

  /// A metric of every corrupted cell where it is defined.
  private func values(_ metric: Metric, _ place: Place) -> [Cell: Double] {
    results.reduce(into: [:]) { values, result in
      guard result.cell != .clean else { return }
      values[result.cell] = Self.figures(result.scores, place)?[metric]
    }
  }

  private func distribution(
    _ cell: Cell, _ place: Place, _ metric: Metric
  ) -> BootstrapDistribution? {
    distributions[cell]?[place.calibration]?[place.predictor]?[metric]
  }

  private static func figures(_ scores: [CellScores], _ place: Place) -> Figures<Metric>? {
    scores.first { $0.calibration == place.calibration }?
      .predictors.first { $0.predictor == place.predictor }?.figures
  }
}

extension PredictorScores {
  /// Wilson's interval of the accuracy; nil for a mean of several predictors' accuracies.
  fileprivate var wilsonInterval: Interval? {
    guard predictor != .membersMean, let accuracy = figures[.accuracy] else { return nil }
    let rightCount = (accuracy * Double(sampleCount)).rounded()
    return .wilson(successes: Int(rightCount), count: sampleCount)
  }
}
