import Formats
import Foundation
import Predictions
import Runs
import Scoring

extension FindingTables {
  /// The tables of an evaluation, as its folder holds them or would.
  ///
  /// - Throws: `RunsError` for tables that cannot be read back.
  package init(_ cube: ScoreCube) throws {
    let tables = ResultTables(runName: "", datasetName: "", fitting: "", cube: cube)
    func read(_ format: TableFormat, _ table: CSVTable) throws -> ResultTable {
      try format.read(table, URL(fileURLWithPath: format.fileName))
    }
    self.init(
      cells: try read(.cells, tables.cells), summary: try read(.summary, tables.summary),
      answers: cube.answers, doubts: cube.doubts,
      conformal: cube.sets.isEmpty ? nil : try read(.conformal, tables.conformal),
      classes: cube.classes.isEmpty ? nil : try read(.classes, tables.classes),
      classNames: cube.classNames, outOfDistribution: cube.outOfDistributionNames)
  }

  /// The tables of a finished run; its answers are counted in its predictions, where they are stored.
  ///
  /// - Throws: `RunsError`, `PredictionFileError`, `NumPyError` or `FileError` where predictions cannot
  ///   be read; `ScoringError`.
  package init(_ run: Run, scorer: Scorer) throws {
    self.init(
      cells: run.cells, summary: run.summary, answers: try run.answers(scorer),
      doubts: run.record.doubts ?? [], conformal: run.conformal, classes: run.classes,
      classNames: run.record.additions.classNames,
      outOfDistribution: run.record.additions.outOfDistribution ?? [])
  }
}

extension Run {
  /// The answers of the first predictor to the clean images; nil where they are not stored.
  fileprivate func answers(_ scorer: Scorer) throws -> AnswerCounts? {
    let store = folder.predictions
    guard store.contains(.clean) else { return nil }
    let labels = try store.labels()
    let logits = try store.logits(of: .clean, labels: labels)
    let all = Predictor.predicting(memberCount: logits.memberCount)
    let predictor = all.first { $0.name == mainPredictor } ?? all[0]
    return AnswerCounts(
      try scorer.rowScores(of: predictor, in: logits), labels: labels,
      classCount: logits.classCount)
  }
}

extension FindingsFile {
  /// Writes the findings of an evaluation into its folder.
  ///
  /// - Throws: `FileError.unwritable`, or `EncodingError`.
  package static func write(
    _ tables: FindingTables, ofRun name: String, to folder: RunFolder, version: String
  ) throws {
    let file = FindingsFile(
      [OfRun(name, tables, Findings(tables))], version: version)
    try AtomicFile.write(try file.text, to: folder.findings)
  }
}
