import Scoring

/// The numbers of every cell, predictor and calibration, and what is averaged over cells.
package struct ScoreCube: Sendable {
  package let cells: [CellResult]
  package let summary: [SummaryFigure]
  /// What a user should know, such as why an aggregate is missing.
  package let notes: [String]
}

/// The scores of one cell, under each calibration.
package struct CellResult: Sendable {
  package let cell: Cell
  package let scores: [CellScores]
}

/// A row of `summary.csv`.
package struct SummaryFigure: Sendable {
  /// `clean`, `c15`, `c19` or `mixmo`.
  package let protocolName: String
  /// What the figure is taken over.
  package let aggregate: String
  package let predictor: Predictor
  package let calibration: Calibration
  package let metric: String
  /// Nil where it is undefined.
  package let value: Double?
  /// Where the value lies with 95 % confidence; nil where that is not computed.
  package let interval: Interval?
}
