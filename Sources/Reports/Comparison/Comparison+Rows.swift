import Formats
import Scoring

extension Comparison {
  /// The columns of `comparison.csv`.
  package enum Column: String, CodingKey, CaseIterable {
    case reference, run, corruption, severity, predictor, calibration, metric
    case referenceValue = "reference_value"
    case value, difference, low, high, p
    case correctedP = "p_holm"
    case verdict, samples
  }

  /// One metric of a run and the reference in a cell, or on average over the corrupted cells.
  package struct Row: Encodable, Sendable, Equatable {
    package let reference: String
    package let run: String
    /// `mean` where the figures are means over the corrupted cells.
    package let corruption: String
    /// Nil for a mean.
    package let severity: Int?
    package let predictor: String
    package let calibration: String
    package let metric: String
    package let referenceValue: Double
    package let value: Double
    package let difference: Double
    package let low: Double?
    package let high: Double?
    /// Of accuracy alone, as are those that follow.
    package let p: Double?
    package let correctedP: Double?
    package let verdict: String?
    package let samples: Int

    package typealias CodingKeys = Column
  }

  /// What stands for a cell's corruption in a row of means.
  package static let mean = "mean"

  /// A row for each run, cell and metric; each run's means come first.
  package var rows: [Row] {
    pairs.flatMap { pair in
      let means = pair.mean.map { rows(pair.run, Self.mean, nil, $0) } ?? []
      return means
        + zip(cells, pair.cells).flatMap { rows(pair.run, $0.corruption, $0.severity, $1) }
    }
  }

  private func rows(
    _ run: String, _ corruption: String, _ severity: Int?, _ contrast: Contrast
  ) -> [Row] {
    metrics.compactMap { metric in
      guard let figure = contrast.figures[metric] else { return nil }
      let isTested = metric == .accuracy
      return Row(
        reference: reference, run: run, corruption: corruption, severity: severity,
        predictor: predictor, calibration: calibration.rawValue, metric: metric.rawValue,
        referenceValue: figure.reference, value: figure.run, difference: figure.difference,
        low: figure.interval?.low, high: figure.interval?.high,
        p: isTested ? contrast.pValue : nil, correctedP: isTested ? contrast.correctedPValue : nil,
        verdict: isTested ? contrast.verdict.rawValue : nil, samples: imageCount)
    }
  }

  /// The rows as `comparison.csv`.
  package var table: CSVTable {
    var table = CSVTable(header: Column.allCases.map(\.rawValue))
    for row in rows {
      table.append(
        [row.reference, row.run, row.corruption, row.severity.map(String.init) ?? ""]
          + [row.predictor, row.calibration, row.metric]
          + [row.referenceValue, row.value, row.difference, row.low, row.high, row.p]
          .map(CSVTable.field)
          + [CSVTable.field(row.correctedP), row.verdict ?? "", "\(row.samples)"])
    }
    return table
  }
}
