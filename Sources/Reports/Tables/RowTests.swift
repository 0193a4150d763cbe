import Runs
import Scoring

/// Paired tests of the rows of a table against one another, by the predictions that their runs stored.
///
/// Two rows are tested as `mixmo compare` tests them: the conclusions on a column's cells and on clean
/// images share an error rate, of which single cells have half, by Holm's procedure. Of more rows, a
/// p-value is multiplied by the number of all tests between them (Bonferroni).
struct RowTests {
  /// A row of a table: the index of its run, and the names of its predictor and calibration.
  struct Subject {
    let run: Int
    let predictor: String
    let calibration: String
  }

  /// The scores of each row over the cells of each scope; nil for rows that cannot be tested.
  private let scopes: [[ImageScores?]]  // [scopes][rows]
  private let clean: [ImageScores?]  // [rows]
  /// Over all corrupted cells.
  private let corrupted: [ImageScores?]  // [rows]
  private let hasCorruptions: Bool
  private let isClean: [Bool]  // [scopes]
  /// The metrics that the calibration of each row leaves defined.
  private let metrics: [[Metric]]  // [rows]

  /// Tests of rows of `runs`; nil where these have no predictions of the same images.
  ///
  /// - Parameters:
  ///   - runs: The runs.
  ///   - subjects: The rows.
  ///   - scopes: The cells of each scope; nil where a value over it is no mean over cells.
  ///   - threadCount: The threads that score.
  ///   - report: Told how far the tests are.
  /// - Throws: What `report` throws.
  init?(
    _ runs: [Run], _ subjects: [Subject], scopes: [[Cell]?], threadCount: Int,
    _ report: ReportStep.Report
  ) throws {
    guard let comparable = Self.comparable(runs, threadCount: threadCount, report),
      let scorer = try? SubjectScorer(comparable, Scorer(threadCount: threadCount))
    else { return nil }
    let (cells, imageCount) = (comparable[0].cells, comparable[0].labels.count)
    let wanted: [[Cell]] = [[.clean], cells.filter { $0 != .clean }] + scopes.map { $0 ?? [] }
    let scores = try subjects.enumerated().map { index, subject in
      try report(.test, index * cells.count * imageCount, subjects.count * cells.count * imageCount)
      return Self.scores(
        subject, comparable[subject.run], scorer, wanted, imageCount: imageCount)
    }
    let none = [ImageScores?](repeating: nil, count: subjects.count)
    func sums(_ index: Int) -> [ImageScores?] { scores.map { $0?[index] } }
    (clean, corrupted) = (sums(0), sums(1))
    self.scopes = scopes.indices.map { scopes[$0] == nil ? none : sums($0 + 2) }
    isClean = scopes.map { $0 == [Cell.clean] }
    hasCorruptions = cells.count > 1
    metrics = subjects.map { subject in
      Comparison.metrics.filter { Calibration(name: subject.calibration)?.defines($0) ?? false }
    }
  }

  /// The runs by their predictions, where those are proved to be theirs and are of the same images.
  private static func comparable(
    _ runs: [Run], threadCount: Int, _ report: ReportStep.Report
  ) -> [ComparableRun]? {
    let comparable = runs.compactMap { run -> ComparableRun? in
      let proof = try? PredictionProof(of: run.folder, threadCount: threadCount) {
        try report(.hash, $0, $1)
      }
      guard (try? proof?.check()) != nil else { return nil }
      return try? ComparableRun(folder: run.folder)
    }
    guard comparable.count == runs.count, let first = comparable.first,
      comparable.dropFirst().allSatisfy({ (try? first.check(isLike: $0)) != nil })
    else { return nil }
    return comparable
  }

  /// The scores of a row over each of some sets of cells; nil where it cannot be tested.
  private static func scores(
    _ subject: Subject, _ run: ComparableRun, _ scorer: SubjectScorer, _ wanted: [[Cell]],
    imageCount: Int
  ) -> [ImageScores]? {
    let predictors = Predictor.predicting(memberCount: run.memberCount)
    let halved = ["clean-halves", "mixmo-halves"]
    guard let calibration = Calibration(name: subject.calibration),
      let predictor = predictors.first(where: { $0.name == subject.predictor }),
      !calibration.needsFitting || halved.contains(run.record.scoring?.fitting ?? ""),
      let scored = try? scorer.subject(run, predictor, calibration)
    else { return nil }
    var sums = wanted.map { _ in ImageScores(imageCount: imageCount) }
    for cell in run.cells {
      let indices = wanted.indices.filter { wanted[$0].contains(cell) }
      guard !indices.isEmpty else { continue }
      guard let rows = try? scorer.scores(of: scored, on: cell) else { return nil }
      let scores = ImageScores(rows, parts: scorer.parts, imageCount: imageCount)
      for index in indices { sums[index].add(scores) }
    }
    return sums
  }

  /// How many rows can be tested.
  private var testedCount: Int { clean.count { $0 != nil } }

  /// Whether `row` is significantly worse than `best` by a metric over a scope; nil where that is not
  /// tested.
  func isWorse(_ row: Int, than best: Int, scope: Int, _ metric: Metric) -> Bool? {
    guard let mine = scopes[scope][row], let its = scopes[scope][best],
      metrics[row].contains(metric), metrics[best].contains(metric)
    else { return nil }
    let test = mine.test(metric, against: its)
    guard test.pValue.isFinite else { return nil }
    let pairCount = testedCount * (testedCount - 1) / 2
    let corrected =
      pairCount > 1
      ? test.pValue * Double(pairCount * Comparison.metrics.count * (hasCorruptions ? 4 : 1))
      : conclusion(metric, row, best, scope)
    return corrected <= Contrast.errorRate && test.favorsRun == false
  }

  /// The corrected p-value of two rows, as a comparison of the two has it.
  private func conclusion(_ metric: Metric, _ row: Int, _ best: Int, _ scope: Int) -> Double {
    let shared = metrics[row].filter(metrics[best].contains)
    let other = isClean[scope] ? corrupted : clean
    func pValues(_ scores: [ImageScores?]) -> [(metric: Metric, p: Double)] {
      guard let mine = scores[row], let its = scores[best] else { return [] }
      return shared.map { metric -> (metric: Metric, p: Double) in
        (metric, mine.test(metric, against: its).pValue)
      }.filter { $0.p.isFinite }
    }
    let own = pValues(scopes[scope])
    let all = own + (hasCorruptions ? pValues(other) : [])
    let corrected = FamilyCorrection.adjusted(
      conclusions: all.map(\.p), cells: hasCorruptions ? [1] : []
    ).conclusions
    return own.firstIndex { $0.metric == metric }.map { corrected[$0] } ?? 1
  }
}
