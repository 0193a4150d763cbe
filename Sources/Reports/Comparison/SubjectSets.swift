import Runs
import Scoring

/// The prediction sets of runs of the same images, fitted on each half of the clean ones for the other.
struct SubjectSets {
  private let subjects: [SubjectScorer.Subject]
  private let fitted: [FittedSets]  // [runs]
  private let scorer: Scorer
  private let kind: SetKind
  /// The coverage and the mean size of the sets.
  let figures: [Metric]

  /// Sets by `method`, with the largest α of the runs' tables.
  ///
  /// - Throws: `ReportsError.noSets` for a run without prediction sets; what reading predictions throws, or
  ///   `ScoringError`.
  init(
    _ method: ConformalMethod, of runs: [ComparableRun], _ subjects: [SubjectScorer.Subject],
    _ scorer: Scorer
  ) throws {
    let alphas = try runs.map { run in
      guard let alpha = run.record.additions.alphas?.max() else {
        throw ReportsError.noSets(run.folder.url)
      }
      return alpha
    }
    let kind = SetKind(method, alpha: alphas.max() ?? 0.1)
    self.kind = kind
    self.subjects = subjects
    self.scorer = scorer
    fitted = try runs.map { run in
      let rows = run.record.scoring?.halves
      let halves = try CleanHalves(
        rows?.first, rows?.dropFirst().first, rowCount: run.labels.count)
      return try scorer.fitSets(
        [kind], on: run.logits(of: .clean), halves: [halves], seed: run.record.origin.seed)
    }
    figures = zip(SetFigure.allCases, [Metric.Direction.higher, .lower]).map { figure, better in
      Metric(
        figure.name(of: kind), of: .rows(needsDistribution: false) { _ in nil }, better: better)
    }
  }

  /// For each run the numbers of each image of a cell: whether its set holds the label, and its size.
  ///
  /// - Throws: What reading predictions throws, or `ScoringError`.
  func numbers(of cell: Cell) throws -> [[Metric: [Double]]] {
    try zip(subjects, fitted).map { subject, fitted in
      let sets = try scorer.sets(
        of: subject.predictor, in: subject.run.logits(of: cell), by: fitted)[0]
      return [figures[0]: sets.coverages, figures[1]: sets.meanSizes]
    }
  }
}

extension CleanHalves {
  /// The halves that a user chose, or MixMo's.
  fileprivate init(_ first: [Int]?, _ second: [Int]?, rowCount: Int) throws {
    if let first, let second {
      self = try CleanHalves(first: first, second: second)
    } else {
      self = try CleanHalves(rowCount: rowCount)
    }
  }
}
