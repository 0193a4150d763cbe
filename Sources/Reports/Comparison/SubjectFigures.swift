import Runs
import Scoring

/// Figures of runs of the same images that are compared beside the metrics, where they are asked for.
struct SubjectFigures {
  let classes: SubjectClasses
  let sets: SubjectSets?
  let softLabels: SubjectSoftLabels?
  let added: SubjectMetrics
  let detections: SubjectDetections?

  /// All of them, in the order of columns.
  var metrics: [Metric] {
    classes.figures + (sets?.figures ?? []) + (softLabels?.figures ?? []) + added.figures
      + (detections?.figures ?? [])
  }

  /// For each run the numbers of each image of a cell whose means are figures.
  ///
  /// - Throws: What reading predictions throws, or `ScoringError`.
  func numbers(
    of cell: Cell, _ scores: [ComparisonTally.PartedRows]
  ) throws -> [[Metric: [Double]]] {
    merged([
      classes.numbers(of: scores), try sets?.numbers(of: cell), try softLabels?.numbers(of: cell),
    ])
  }

  /// The figures of each run in a cell that are no such means.
  ///
  /// - Throws: What reading predictions throws, `ReportsError` or `ScoringError`.
  func drawn(
    of cell: Cell, _ scores: [ComparisonTally.PartedRows]
  ) throws -> [[Metric: DrawnFigure]] {
    merged([try added.numbers(of: scores), try detections?.numbers(of: cell)])
  }

  /// Run by run the figures of all that are there, which have none in common.
  private func merged<Number>(_ all: [[[Metric: Number]]?]) -> [[Metric: Number]] {
    all.compactMap { $0 }.reduce([]) { merged, next in
      merged.isEmpty ? next : zip(merged, next).map { $0.merging($1) { first, _ in first } }
    }
  }
}
