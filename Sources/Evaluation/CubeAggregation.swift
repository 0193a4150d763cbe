import Formats
import Runs
import Scoring

/// Gathers the scores of cells, and averages them over the cells of published protocols.
struct CubeAggregation {
  typealias Spreads = [Calibration: [Predictor: MetricSpreads]]

  /// Cells that a protocol pools, and under which names.
  struct PooledSet {
    let protocols: [CorruptionProtocol.Name]
    let cells: [Cell]
  }

  private let protocols: [CorruptionProtocol]
  /// The errors of the model that those of ImageNet-C are relative to; nil for other predictions.
  private let reference: ReferenceErrors?
  private let baseline: ScoringSettings.Baseline?
  private let runName: String
  private let figures: Figures
  /// The corruptions of the suite, with their families.
  private let kinds: [CorruptionKind]
  /// The metrics of every run, then those that were asked for.
  private let metrics: [Metric]
  /// Figures beside the metrics.
  var added = AddedFigures()
  /// Calibrations that no predictor has a row under.
  private let idle: [Calibration]
  private var results: [CellResult] = []
  private var spreads: [Cell: Spreads] = [:]
  private var pooled: [CorruptionProtocol.Name: (scores: [CellScores], Spreads)] = [:]

  /// An aggregation of `cells` of the run `runName`, whose predictions are over `classCount` classes, averaged
  /// as the protocols of `settings.kinds` are.
  ///
  /// Where cells of a substitute stand in for those of a corruption, their averages are not the
  /// published ones: rows name the corruption.
  init(
    _ cells: [Cell], _ settings: ScoringSettings, runName: String, classCount: Int,
    idle: [Calibration] = []
  ) {
    kinds = settings.kinds
    reference = ReferenceErrors(of: settings.kinds, classCount: classCount)
    let names = Set(cells.map(\.corruption))
    let present = kinds.map { kind in
      let substitute = Cell.substitute(for: kind.name)
      return names.contains(substitute) && !names.contains(kind.name)
        ? CorruptionKind(
          name: substitute, family: kind.family, isBenchmark: kind.isBenchmark) : kind
    }
    protocols = CorruptionProtocol.Name.allCases.compactMap { CorruptionProtocol($0, of: present) }
    baseline = settings.baseline
    self.runName = runName
    figures = settings.fitting.figures
    metrics = Metric.all + settings.additions.addedMetrics
    self.idle = idle
  }

  mutating func append(_ result: CellResult, _ spreads: Spreads) {
    results.append(result)
    self.spreads[result.cell] = spreads
  }

  mutating func setPooled(
    _ set: PooledSet, _ scores: [CellScores], _ spreads: Spreads
  ) {
    for name in set.protocols { pooled[name] = (scores, spreads) }
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
    let notes = lacking + idleNotes + [undefinedNote, noteOnReference].compactMap { $0 }
    return ScoreCube(
      cells: results,
      summary: cleanRows + protocols.flatMap(rows) + referenceRows
        + SummaryRows(results, spreads, averages, metrics).rows
        + added.rows(protocols, own: complete.isEmpty ? averages : nil),
      notes: notes, figures: figures)
  }

  /// The corrupted cells of the first protocol that is complete; else all, where there are any.
  private var averages: AveragedCells? {
    if let benchmark = complete.first {
      return AveragedCells(benchmark, name: benchmark.name.rawValue)
    }
    return corrupted.isEmpty ? nil : AveragedCells(own: corrupted, kinds: kinds)
  }

  private var idleNotes: [String] {
    let wide = idle.filter { $0.calibrator.largestClassCount < .max }
    let limits = Set(wide.map(\.calibrator.largestClassCount)).sorted()
    let ofMembers = idle.filter { !wide.contains($0) }
    let notes =
      ofMembers.isEmpty
      ? [] : ["\(ofMembers.map(\.name).listed()): no rows, since the predictions have one member"]
    return notes
      + limits.map { limit in
        let names = wide.filter { $0.calibrator.largestClassCount == limit }.map(\.name)
        return "\(names.listed()): no rows, since the predictions have more than \(limit) classes"
      }
  }

  /// Which metrics have no value in some rows, although their calibration defines them.
  private var undefinedNote: String? {
    let counts = metrics.compactMap { metric -> String? in
      let count = results.flatMap(\.scores).reduce(0) { count, scores in
        guard scores.calibration.defines(metric) else { return count }
        return count + scores.predictors.count { $0.values[metric] == nil }
      }
      return count > 0 ? "\(metric.name) in \(count) rows" : nil
    }
    return counts.isEmpty ? nil : "undefined, left empty: " + counts.joined(separator: ", ")
  }

  /// The rows of the clean cell.
  private var cleanRows: [SummaryValue] {
    guard let clean = results.first(where: \.cell.isClean) else { return [] }
    return clean.scores.flatMap { scores in
      scores.predictors.flatMap { predictor in
        let key = RowKey(
          protocolName: Cell.clean.corruption, predictor: predictor.predictor,
          calibration: scores.calibration)
        return metrics.map { metric in
          let wilson = metric == .accuracy ? predictor.wilsonInterval : nil
          return key.row(
            .clean, metric.name, predictor.values[metric],
            spread(.clean, key, metric), interval: wilson)
        }
      }
    }
  }

  /// The rows of one protocol: of each aggregate whose cells are there, and the mean corruption
  /// errors.
  private func rows(_ benchmark: CorruptionProtocol) -> [SummaryValue] {
    let scores = results.first?.scores ?? []
    let present = Set(corrupted)
    let aggregates = benchmark.aggregates.filter { present.isSuperset(of: benchmark.cells(of: $0)) }
    guard !aggregates.isEmpty else { return [] }
    let scopes = aggregates.map { Scope($0, of: benchmark) }
    return scores.flatMap { calibrated in
      calibrated.predictors.flatMap { predictor in
        let key = RowKey(
          protocolName: benchmark.name.rawValue, predictor: predictor.predictor,
          calibration: calibrated.calibration)
        let values = metrics.map { valuesByCell($0, key) }
        return zip(aggregates, scopes).flatMap { aggregate, scope in
          zip(metrics, values).map { row(key, benchmark, aggregate, scope, $0, $1) }
        } + (aggregates.contains(.macro) ? corruptionErrorRows(key, benchmark) : [])
      }
    }
  }

  /// What the rows of one predictor under one calibration share.
  private struct RowKey {
    let protocolName: String
    let predictor: Predictor
    let calibration: Calibration

    /// A row with `interval`, by default that which `spread` gives.
    func row(
      _ scope: Scope, _ metric: String, _ value: Double?, _ spread: MetricSpread?,
      interval: Interval? = nil
    ) -> SummaryValue {
      SummaryValue(
        protocolName: protocolName, aggregate: scope.name, predictor: predictor,
        calibration: calibration, metric: metric, value: value,
        interval: value.flatMap { interval ?? spread?.interval(around: $0) },
        substitutes: scope.substitutes)
    }
  }

  /// What a row is taken over, by its published name.
  private struct Scope {
    let name: String
    /// The published names of corruptions that a substitute stands in for.
    let substitutes: [String]

    static let clean = Scope(name: Cell.clean.corruption, substitutes: [])

    private init(name: String, substitutes: [String]) {
      (self.name, self.substitutes) = (name, substitutes)
    }

    init(_ aggregate: CorruptionAggregate, of benchmark: CorruptionProtocol) {
      name = Cell.publishedName(of: aggregate.name)
      substitutes = benchmark.cells(of: aggregate).substituted
    }
  }

  private func row(
    _ key: RowKey, _ benchmark: CorruptionProtocol, _ aggregate: CorruptionAggregate,
    _ scope: Scope, _ metric: Metric, _ values: [Cell: Double]
  ) -> SummaryValue {
    if aggregate == .pooled {
      let (scores, spreads) = pooled[benchmark.name] ?? ([], [:])
      return key.row(
        scope, metric.name, Self.values(scores, key)?[metric],
        spreads[key.calibration]?[key.predictor]?[metric])
    }
    let cells = benchmark.cells(of: aggregate)
    return key.row(
      scope, metric.name, benchmark.mean(values, over: aggregate),
      .mean(of: cells.map { spread($0, key, metric) }))
  }

  private func corruptionErrorRows(
    _ key: RowKey, _ benchmark: CorruptionProtocol
  ) -> [SummaryValue] {
    let errors = errors(key)
    let corrupted = MetricSpread.mean(
      of: benchmark.cells().map { spread($0, key, .accuracy) })
    let clean = spread(.clean, key, .accuracy)
    let scope = Scope(.macro, of: benchmark)
    func row(_ metric: String, _ value: Double?, _ spread: MetricSpread? = nil) -> SummaryValue {
      key.row(scope, metric, value, spread)
    }
    let rows = [
      row(
        "mean_corruption_error", benchmark.meanCorruptionError(errors), corrupted?.complement),
      row(
        "relative_mean_corruption_error", benchmark.relativeMeanCorruptionError(errors),
        clean.flatMap { clean in corrupted.flatMap { clean - $0 } }),
    ]
    guard let baseline else { return rows }
    let (name, baselineErrors) = baseline.errors(
      for: key.predictor, key.calibration, of: runName)
    return rows + [
      row(
        "mean_corruption_error_relative_to(\(name))",
        benchmark.meanCorruptionError(errors, relativeTo: baselineErrors)),
      row(
        "relative_mean_corruption_error_relative_to(\(name))",
        benchmark.relativeMeanCorruptionError(errors, relativeTo: baselineErrors)),
    ]
  }

  /// The errors of a predictor.
  private func errors(_ key: RowKey) -> CorruptionErrors {
    let cleanError = results.first(where: \.cell.isClean)
      .flatMap { Self.values($0.scores, key)?[.accuracy] }.map { 1 - $0 }
    return CorruptionErrors(
      cells: valuesByCell(.accuracy, key).mapValues { 1 - $0 }, clean: cleanError)
  }

  /// The errors relative to those of a reference model, over all of its corruptions and for each, with the
  /// errors themselves; none where a cell is missing or stands in for a published one.
  private var referenceRows: [SummaryValue] {
    guard let reference, Set(corrupted).isSuperset(of: reference.cells),
      let benchmark = protocols.first(where: { $0.name == .c15 })
    else { return [] }
    return (results.first?.scores ?? []).flatMap { calibrated in
      calibrated.predictors.flatMap { predictor in
        let key = RowKey(
          protocolName: ReferenceErrors.protocolName, predictor: predictor.predictor,
          calibration: calibrated.calibration)
        let own = corruptionErrorRows(key, benchmark).prefix(2)
        return own + referenceRows(key, reference, .macro, of: nil)
          + reference.kinds.flatMap {
            referenceRows(key, reference, .corruption($0.name), of: $0.name)
          }
      }
    }
  }

  private func referenceRows(
    _ key: RowKey, _ reference: ReferenceErrors, _ aggregate: CorruptionAggregate,
    of corruption: String?
  ) -> [SummaryValue] {
    let errors = errors(key)
    let spreads = reference.spreads(of: corruption) { spread($0, key, .accuracy) }
    func row(_ metric: String, _ value: Double?, _ spread: MetricSpread?) -> SummaryValue {
      SummaryValue(
        protocolName: key.protocolName, aggregate: aggregate.name, predictor: key.predictor,
        calibration: key.calibration, metric: "\(metric)_relative_to(\(reference.model))",
        value: value, interval: value.flatMap { spread?.interval(around: $0) })
    }
    return [
      row(
        "mean_corruption_error", reference.meanCorruptionError(errors, of: corruption),
        spreads.mean),
      row(
        "relative_mean_corruption_error",
        reference.relativeMeanCorruptionError(errors, of: corruption), spreads.relative),
    ]
  }

  /// Why there are no errors relative to a reference model's where only substitutes are in the way.
  private var noteOnReference: String? {
    guard let reference, complete.contains(where: { $0.name == .c15 }) else { return nil }
    let missing = Set(reference.cells).subtracting(corrupted).map(\.corruption)
    guard !missing.isEmpty else { return nil }
    return "\(ReferenceErrors.protocolName) is undefined: substitutes stand in for "
      + "\(Set(missing).sorted().listed())"
  }

  /// A metric of every corrupted cell where it is defined.
  private func valuesByCell(_ metric: Metric, _ key: RowKey) -> [Cell: Double] {
    results.reduce(into: [:]) { values, result in
      guard !result.cell.isClean else { return }
      values[result.cell] = Self.values(result.scores, key)?[metric]
    }
  }

  private func spread(_ cell: Cell, _ key: RowKey, _ metric: Metric) -> MetricSpread? {
    spreads[cell]?[key.calibration]?[key.predictor]?[metric]
  }

  private static func values(_ scores: [CellScores], _ key: RowKey) -> MetricValues<Metric>? {
    scores.first { $0.calibration == key.calibration }?
      .predictors.first { $0.predictor == key.predictor }?.values
  }
}

extension PredictorScores {
  /// Wilson's interval of the accuracy; nil for a mean of several predictors' accuracies.
  fileprivate var wilsonInterval: Interval? {
    guard predictor != .membersMean, let accuracy = values[.accuracy] else { return nil }
    let correctCount = (accuracy * Double(sampleCount)).rounded()
    return .wilson(successes: Int(correctCount), count: sampleCount)
  }
}
