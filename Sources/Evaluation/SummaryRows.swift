import Runs
import Scoring

/// The rows of `summary.csv` that a run has beside those of the published protocols: averages over its
/// own cells, and differences between rows, with intervals of the same draws.
struct SummaryRows {
  /// What identifies the values of a predictor.
  struct Subject: Hashable {
    let predictor: Predictor
    let calibration: Calibration
  }

  /// A value and what its interval is made of.
  private struct Entry {
    let value: Double
    let spread: MetricSpread?
  }

  private let results: [CellResult]
  private let spreads: [Cell: CubeAggregation.Spreads]
  private let averages: AveragedCells?
  private let isOwn: Bool
  private let averagedMetrics: [Metric]
  private let values: [Cell: [Subject: MetricValues<Metric>]]
  private let subjects: [Subject]

  /// The metrics of which differences are taken: what calibration changes, and what an ensemble adds.
  static let metrics: [Metric] = [
    .accuracy, .negativeLogLikelihood, .brierScore, .calibrationError, .overconfidence,
    .misclassificationAUROC,
  ]

  /// - Parameters:
  ///   - results: The scores of all cells.
  ///   - spreads: What the intervals of each cell are made of; empty without a bootstrap.
  ///   - averages: The corrupted cells that are averaged; nil where there are none.
  ///   - metrics: The metrics that have averages over a run's own cells.
  init(
    _ results: [CellResult], _ spreads: [Cell: CubeAggregation.Spreads], _ averages: AveragedCells?,
    _ metrics: [Metric] = Metric.all
  ) {
    averagedMetrics = metrics
    self.results = results
    self.spreads = spreads
    self.averages = averages
    isOwn = averages?.name == CorruptionProtocol.ownCells
    subjects = (results.first?.scores ?? []).flatMap { scores in
      scores.predictors.map { Subject(predictor: $0.predictor, calibration: scores.calibration) }
    }
    values = results.reduce(into: [:]) { values, result in
      for scores in result.scores {
        for row in scores.predictors {
          let subject = Subject(predictor: row.predictor, calibration: scores.calibration)
          values[result.cell, default: [:]][subject] = row.values
        }
      }
    }
  }

  /// The averages over the run's own cells, then the differences.
  var rows: [SummaryValue] {
    let clean = AveragedCells.Part(kind: .all, name: Cell.clean.corruption, cells: [.clean])
    return ownRows
      + subjects.flatMap { subject in
        differences(subject, Cell.clean.corruption, clean)
          + (averages.map { averages in
            differences(subject, averages.name, averages.parts[0])
              + [lossUnderCorruption(subject, averages, clean)]
              + lags(subject, averages)
          } ?? [])
      }
  }

  private var ownRows: [SummaryValue] {
    guard let averages, isOwn else { return [] }
    return subjects.flatMap { subject in
      averages.parts.flatMap { part in
        averagedMetrics.map { metric in
          row(subject, averages.name, part, metric.name, entry(subject, part.cells, metric))
        }
      }
    }
  }

  /// What calibration and what ensembling change over the cells of `part`.
  private func differences(
    _ subject: Subject, _ protocolName: String, _ part: AveragedCells.Part
  ) -> [SummaryValue] {
    let uncalibrated = Subject(predictor: subject.predictor, calibration: .none)
    let members = Subject(predictor: .membersMean, calibration: subject.calibration)
    var references: [Subject] = []
    if subject.calibration.needsFitting { references.append(uncalibrated) }
    if subject.predictor.poolsMembers { references.append(members) }
    return references.filter(subjects.contains).flatMap { reference in
      let name =
        reference == members ? members.predictor.name : uncalibrated.calibration.name
      return Self.metrics.map { metric in
        row(
          subject, protocolName, part, PairedMetric(metric, minus: name).name,
          difference(row: (subject, part.cells), from: (reference, part.cells), metric))
      }
    }
  }

  /// How much the accuracy under corruption is above that on clean images.
  private func lossUnderCorruption(
    _ subject: Subject, _ averages: AveragedCells, _ clean: AveragedCells.Part
  ) -> SummaryValue {
    let all = averages.parts[0]
    return row(
      subject, averages.name, all, PairedMetric(.accuracy, minus: clean.name).name,
      difference(row: (subject, all.cells), from: (subject, clean.cells), .accuracy))
  }

  /// How much the accuracy of each family, corruption and severity is above that of the worst of its
  /// kind.
  private func lags(_ subject: Subject, _ averages: AveragedCells) -> [SummaryValue] {
    [AveragedCells.Part.Kind.family, .corruption, .severity].flatMap { kind -> [SummaryValue] in
      let parts = averages.parts.filter { $0.kind == kind }
      let accuracies = parts.map { entry(subject, $0.cells, .accuracy)?.value ?? .infinity }
      guard let index = accuracies.indices.min(by: { accuracies[$0] < accuracies[$1] }) else {
        return []
      }
      let worst = parts[index]
      return parts.filter { $0.name != worst.name }.compactMap { part in
        difference(row: (subject, part.cells), from: (subject, worst.cells), .accuracy).map {
          row(
            subject, averages.name, part, PairedMetric(.accuracy, minus: worst.name).name, $0,
            also: worst.cells)
        }
      }
    }
  }

  private typealias Place = (subject: Subject, cells: [Cell])

  /// The mean of a metric over `row` minus that over `reference`; nil where one is undefined.
  private func difference(row: Place, from reference: Place, _ metric: Metric) -> Entry? {
    guard let first = entry(row.subject, row.cells, metric),
      let second = entry(reference.subject, reference.cells, metric)
    else { return nil }
    let spread = first.spread.flatMap { first in second.spread.flatMap { first - $0 } }
    return Entry(value: first.value - second.value, spread: spread)
  }

  /// The mean of a metric over `cells`; nil where it is undefined in one of them.
  private func entry(_ subject: Subject, _ cells: [Cell], _ metric: Metric) -> Entry? {
    RunningMean.mean(of: cells.map { values[$0]?[subject]?[metric] }).map { value in
      let spreads = cells.map {
        self.spreads[$0]?[subject.calibration]?[subject.predictor]?[metric]
      }
      return Entry(value: value, spread: .mean(of: spreads))
    }
  }

  private func row(
    _ subject: Subject, _ protocolName: String, _ part: AveragedCells.Part, _ metric: String,
    _ entry: Entry?, also others: [Cell] = []
  ) -> SummaryValue {
    SummaryValue(
      protocolName: protocolName, aggregate: part.name, predictor: subject.predictor,
      calibration: subject.calibration, metric: metric, value: entry?.value,
      interval: entry.flatMap { entry in entry.spread?.interval(around: entry.value) },
      substitutes: (part.cells + others).substituted)
  }
}
