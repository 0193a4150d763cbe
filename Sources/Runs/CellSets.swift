import Formats
import Scoring

/// The prediction sets of one cell: rows of `conformal.csv`.
package struct CellSets: Sendable {
  /// A predictor's sets of one kind.
  package struct Row: Sendable {
    package let predictor: Predictor
    package let scores: PredictionSetScores

    package init(predictor: Predictor, scores: PredictionSetScores) {
      self.predictor = predictor
      self.scores = scores
    }
  }

  package let cell: Cell
  package let rows: [Row]

  package init(cell: Cell, rows: [Row]) {
    self.cell = cell
    self.rows = rows
  }
}

/// A figure of prediction sets that means over cells are taken of.
package enum SetFigure: String, CaseIterable, Sendable {
  /// The share of sets that hold the label.
  case coverage
  /// The mean number of classes of a set.
  case size

  /// The name in the column `metric` of `summary.csv`, such as `coverage_lac_0.1`.
  package func name(of kind: SetKind) -> String {
    "\(rawValue)_\(kind.method.rawValue)_\(kind.alpha)"
  }

  /// The figure and the kind of sets that `name` is of; nil where it names something else.
  package static func parsing(_ name: String) -> (figure: SetFigure, kind: SetKind)? {
    let parts = name.split(separator: "_").map(String.init)
    guard parts.count == 3, let figure = SetFigure(rawValue: parts[0]),
      let method = ConformalMethod(rawValue: parts[1]), let alpha = Double(parts[2]),
      alpha > 0, alpha < 1
    else { return nil }
    return (figure, SetKind(method, alpha: alpha))
  }
}

extension TableFormat {
  /// One row for each cell, predictor, method and α of prediction sets.
  ///
  /// `thresholds` has that of each fold, `inf` where sets hold every class.
  package static let conformal = TableFormat(
    fileName: "conformal.csv", keys: ["corruption", "severity", "predictor", "method", "alpha"],
    numbers: [
      "samples", "coverage", "coverage_low", "coverage_high", "size_mean", "size_median", "empty",
      "singleton", "coverage_singleton", "coverage_singleton_low", "coverage_singleton_high",
      "worst_class", "worst_class_coverage", "worst_class_coverage_low",
      "worst_class_coverage_high",
    ], later: [LaterColumn("thresholds", .word), LaterColumn("fitting", .word)])
}

extension CellSets.Row {
  /// The fields of the row from the predictor on, without the last.
  var fields: [String] {
    func share(_ share: CountedShare?) -> [String] {
      [share?.value, share?.interval?.low, share?.interval?.high].map(CSVTable.field)
    }
    let shares = [scores.emptyShare, scores.singletonShare].map(CSVTable.field)
    return [predictor.name, scores.kind.method.rawValue, "\(scores.kind.alpha)"]
      + ["\(scores.sampleCount)"] + share(scores.coverage)
      + [scores.meanSize, scores.medianSize].map(CSVTable.field) + shares
      + share(scores.singletonCoverage) + [scores.worstClass.map(String.init) ?? ""]
      + share(scores.worstClassCoverage)
      + [scores.thresholds.map { $0.isFinite ? CSVTable.field($0) : "inf" }.joined(separator: " ")]
  }
}
