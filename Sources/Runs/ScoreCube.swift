import Scoring

/// The scores of every cell, predictor and calibration, and what is averaged over cells: what the
/// tables of a run folder hold.
package struct ScoreCube: Sendable {
  package let cells: [CellResult]
  package let summary: [SummaryValue]
  /// What a user should know, such as why an aggregate is missing.
  package let notes: [String]
  /// What the numbers are of.
  package let figures: Figures
  /// The answers to the clean images; nil where they were not counted.
  package var answers: AnswerCounts?
  /// The prediction sets of each cell; none where they were not asked for.
  package var sets: [CellSets] = []
  /// The scores of the classes of each cell; none where they were not asked for.
  package var classes: [CellClasses] = []
  /// How well each cell is told from images of no class; none where that was not asked for.
  package var detections: [CellDetections] = []
  /// The metrics that were asked for beside `Metric.all`.
  package var addedMetrics: [Metric] = []
  /// The names of the classes, where they are known.
  package var classNames: [String]?
  /// What is implausible in the predictions.
  package var doubts: [RunRecord.Doubt] = []

  package init(
    cells: [CellResult], summary: [SummaryValue], notes: [String], figures: Figures
  ) {
    self.cells = cells
    self.summary = summary
    self.notes = notes
    self.figures = figures
  }

  /// The names of the sets of images of no class, in the order of the tables.
  package var outOfDistributionNames: [String] {
    (detections.first?.groups ?? []).map(\.set)
      .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// The names of the protocols that it has means over, in the order of the tables.
  package var protocolNames: [String] {
    var names: [String] = []
    for row in summary where row.protocolName != names.last { names.append(row.protocolName) }
    return names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}

/// The scores of one cell, under each calibration.
package struct CellResult: Sendable {
  package let cell: Cell
  package let scores: [CellScores]

  package init(cell: Cell, scores: [CellScores]) {
    self.cell = cell
    self.scores = scores
  }
}

/// A row of `summary.csv`.
package struct SummaryValue: Sendable {
  /// `clean`, `c15`, `c19` or `mixmo`.
  package let protocolName: String
  /// What the value is taken over.
  package let aggregate: String
  package let predictor: Predictor
  package let calibration: Calibration
  package let metric: String
  /// Nil where it is undefined.
  package let value: Double?
  /// Where the value lies with 95 % confidence; nil where that is not computed.
  package let interval: Interval?
  /// The published names of corruptions that a substitute stands in for.
  package let substitutes: [String]

  package init(
    protocolName: String, aggregate: String, predictor: Predictor, calibration: Calibration,
    metric: String, value: Double?, interval: Interval?, substitutes: [String] = []
  ) {
    self.protocolName = protocolName
    self.aggregate = aggregate
    self.predictor = predictor
    self.calibration = calibration
    self.metric = metric
    self.value = value
    self.interval = interval
    self.substitutes = substitutes
  }
}
