import Runs
import Scoring

/// Predictions of images of no class, which those of cells are told from.
package struct OutOfDistributionSet: Sendable {
  package let name: String
  /// The predictions; labels are not read.
  package let logits: LabeledLogits

  package init(name: String, logits: LabeledLogits) {
    self.name = name
    self.logits = logits
  }
}

/// Measures how well cells are told from images of no class.
struct DetectionScoring {
  private let scorer: Scorer
  private let sets: [(set: OutOfDistributionSet, draws: DetectionDraws?)]

  /// Nil where no set is given.
  ///
  /// - Parameters:
  ///   - sets: The images of no class.
  ///   - scorer: What scores.
  ///   - bootstrap: Draws of the images of cells; nil for no intervals.
  ///   - seed: The seed of the draws.
  ///   - threadCount: The threads that draw.
  /// - Throws: What drawing throws.
  init?(
    _ sets: [OutOfDistributionSet], _ scorer: Scorer, _ bootstrap: Bootstrap?, seed: UInt64,
    threadCount: Int
  ) throws {
    guard !sets.isEmpty else { return nil }
    self.scorer = scorer
    self.sets = try sets.map { set in
      let draws = try bootstrap.map {
        try DetectionDraws(
          of: $0, outsideCount: set.logits.rowCount, seed: seed, threadCount: threadCount)
      }
      return (set, draws)
    }
  }

  /// The detections of a cell with these scores, set by set and calibration by calibration; `report` is called
  /// before each calibration.
  func detections(
    _ cell: Cell, _ scores: [CellScores], of logits: LabeledLogits, report: () throws -> Void
  ) throws -> CellDetections {
    var groups: [CellDetections.Group] = []
    for (set, draws) in sets {
      for scores in scores {
        try report()
        groups.append(
          CellDetections.Group(
            set: set.name, calibration: scores.calibration, outsideCount: set.logits.rowCount,
            detections: try scorer.detections(
              under: scores, of: logits, from: set.logits, by: draws)))
      }
    }
    return CellDetections(cell: cell, imageCount: logits.rowCount, groups: groups)
  }
}

extension CellDetections {
  /// The figures that means over cells are taken of.
  var figures: [(AddedFigures.Key, AddedFigures.Figure)] {
    groups.flatMap { group in
      group.detections.flatMap { detection in
        DetectionMean.figures.map { figure in
          let mean = DetectionMean(figure, detection.score, set: group.set)
          return (
            AddedFigures.Key(
              predictor: detection.predictor, calibration: group.calibration, name: mean.name),
            AddedFigures.Figure(
              value: detection.values[figure],
              spread: detection.distributions[figure].map(MetricSpread.draws))
          )
        }
      }
    }
  }
}
