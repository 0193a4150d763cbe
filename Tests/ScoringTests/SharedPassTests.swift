import Scoring
import TestSupport
import Testing

/// Metrics whose passes over the rows are shared, against those metrics alone.
struct SharedPassTests {
  // Of more than 4096 rows in a half a sample is searched first.
  @Test(arguments: [(120, 4), (9001, 7)], [1, 3])
  func `numbers do not depend on which metrics share a pass`(
    size: (rows: Int, classes: Int), members: Int
  ) throws {
    let logits = try Problem(
      seed: 71, labelSeed: 72, rows: size.rows, members: members, classes: size.classes
    ).draw()
    let calibrations = Calibration.all.filter { !$0.isBound }
    let fitted = try Scorer(threadCount: 2).fit(calibrations, on: logits)
    func scores(_ metrics: [Metric], keeping limit: Int = 1 << 24) throws -> [CellScores] {
      var scorer = Scorer(threadCount: 3, metrics: metrics)
      scorer.keptProbabilityLimit = limit
      return try scorer.score(logits, with: fitted)
    }
    let together = try scores(Metric.all)
    let grouped = try scores(Metric.all, keeping: 1)
    for (metric, others) in [
      (Metric.thresholdedCalibrationError, [Metric]()), (.refinementLoss, [.negativeLogLikelihood]),
    ] {
      let alone = try scores([metric] + others)
      var count = 0
      for (index, scores) in together.enumerated() {
        for (place, row) in scores.predictors.enumerated() {
          let name = "\(scores.calibration.name) \(row.predictor.name) \(metric.name)"
          #expect(row.values[metric] == alone[index].predictors[place].values[metric], "\(name)")
          #expect(row.values[metric] == grouped[index].predictors[place].values[metric], "\(name)")
          count += row.values[metric] == nil ? 0 : 1
        }
      }
      #expect(count >= 6, "\(metric.name)")
    }
  }
}
