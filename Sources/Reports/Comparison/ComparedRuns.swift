import Formats
import Foundation
import Scoring

/// Runs that can be compared: of the same images, labels and cells.
package struct ComparedRuns: Sendable {
  package let labels: [String]
  private let folders: [URL]
  private let predictions: [RunPredictions]
  private let cells: [(corruption: String, severity: Int)]

  package var cellCount: Int { cells.count }
  package var imageCount: Int { predictions[0].labels.count }

  /// Opens the runs in `folders`, of which the first is the reference.
  ///
  /// - Throws: `ReportsError` where a run has no predictions or two differ in what they must share;
  ///   `NumPyError` or `FileError`.
  package init(_ folders: [URL]) throws {
    precondition(folders.count > 1, "one run compares with nothing")
    let informations = try folders.map(RunInformation.init(of:))
    predictions = try folders.map { folder in
      guard let predictions = try RunPredictions(of: folder) else {
        throw ReportsError.missingFile(folder, "predictions/labels.npy")
      }
      return predictions
    }
    self.folders = folders
    labels = RunLabels.labels(for: folders, names: informations.map(\.origin.run))
    cells = predictions[0].cells
    for place in folders.indices.dropFirst() {
      try check(place, informations[0], informations[place])
    }
  }

  /// Makes sure that the run at `place` is of what the first is of.
  private func check(_ place: Int, _ first: RunInformation, _ other: RunInformation) throws {
    func names(_ cells: [(corruption: String, severity: Int)]) -> [String] {
      cells.map { "\($0.corruption)-\($0.severity)" }
    }
    let (mine, its) = (names(cells), names(predictions[place].cells))
    let isGenerated = first.origin.suite.map { $0 != "files" } ?? false
    let fields: [(name: String, first: String, other: String)] =
      [
        ("data set", first.origin.dataset, other.origin.dataset),
        ("images", "\(first.origin.images)", "\(other.origin.images)"),
        ("images and labels, by their hash", first.origin.data, other.origin.data),
        ("corruptions", first.origin.suite ?? "none", other.origin.suite ?? "none"),
        (
          "seed of the corruptions", "\(first.origin.seed)",
          isGenerated ? "\(other.origin.seed)" : "\(first.origin.seed)"
        ),
        ("cells", Self.lacking(mine, its), Self.lacking(its, mine)),
      ]
      + (first.cells ?? [:]).keys.sorted().map { name in
        ("images of \(name), by their hash", first.cells?[name] ?? "", other.cells?[name] ?? "")
      }
    for field in fields where field.first != field.other {
      throw ReportsError.otherRun(
        folders[0], folders[place], field: field.name, first: field.first, second: field.other)
    }
    try checkLabels(place)
  }

  /// The cells of `mine` that `other` lacks, for a message.
  private static func lacking(_ mine: [String], _ other: [String]) -> String {
    let extra = mine.filter { !Set(other).contains($0) }
    return extra.isEmpty ? "nothing more" : "also \(extra.prefix(4).joined(separator: ", "))"
  }

  private func checkLabels(_ place: Int) throws {
    let (mine, other) = (predictions[0].labels, predictions[place].labels)
    guard mine.count == other.count else {
      throw ReportsError.otherRun(
        folders[0], folders[place], field: "labels", first: "\(mine.count)",
        second: "\(other.count)")
    }
    if let row = mine.indices.first(where: { mine[$0] != other[$0] }) {
      throw ReportsError.otherRun(
        folders[0], folders[place], field: "label of image \(row)", first: "\(mine[row])",
        second: "\(other[row])")
    }
  }

  /// Compares the runs' `predictor` under `calibration`, which is fitted on halves of the clean images.
  ///
  /// - Parameters:
  ///   - predictor: Any but `membersMean`; one that every run has.
  ///   - calibration: Any but `oracle`.
  ///   - drawCount: Draws of the bootstrap behind the intervals.
  ///   - seed: The seed of the draws.
  ///   - threadCount: Threads to compute on; results do not depend on it.
  ///   - report: Called after each cell with the number of cells done.
  /// - Returns: What the runs' numbers say.
  /// - Throws: `ReportsError` for predictions that cannot be scored, `ScoringError` for a predictor
  ///   that a run lacks, `NumPyError`, `FileError`, or what `report` throws.
  package func compare(
    predictor: Predictor = .ensemble, calibration: Calibration = .none, drawCount: Int = 1000,
    seed: UInt64 = 0, threadCount: Int, report: (_ done: Int) throws -> Void = { _ in }
  ) throws -> Comparison {
    let scorer = Scorer(threadCount: threadCount)
    let fits = try predictions.map { run in
      let needsFit = calibration.needsFitting
      return try needsFit
        ? scorer.fit([calibration], on: run.logits(corruption: Run.clean, severity: 0)) : nil
    }
    var comparer = try Comparer(
      labels: labels, imageCount: predictions[0].labels.count, drawCount: drawCount, seed: seed,
      threadCount: threadCount)
    for (index, cell) in cells.enumerated() {
      let runs = try zip(predictions, fits).map { run, fit in
        let logits = try run.logits(corruption: cell.corruption, severity: cell.severity)
        guard let fit else {
          return [(Array(run.labels.indices), try scorer.rowScores(of: predictor, in: logits))]
        }
        return try scorer.rowScores(of: predictor, in: logits, under: calibration, with: fit)
      }
      try comparer.add(
        PairedCell(corruption: cell.corruption, severity: cell.severity, runs: runs))
      try report(index + 1)
    }
    return comparer.comparison(predictor: predictor, calibration: calibration)
  }
}
