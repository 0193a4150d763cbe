import ArgumentParser
import Evaluation
import Reports
import Runs

/// How an evaluation ends on the terminal.
struct EndingOptions: ParsableArguments {
  @Flag(help: "Print the scores of every predictor and calibration as well.")
  var table = false
}

extension Terminal {
  /// Writes `findings.json` into the folder of an evaluation, and shows what it found.
  ///
  /// - Parameters:
  ///   - cube: The scores.
  ///   - name: The run's name, where its folder has no record of it.
  ///   - folder: The run's folder; nil where nothing is written.
  ///   - hasTable: Whether the table of all scores follows.
  /// - Throws: `FileError` where the file cannot be written; `RunsError`.
  func show(
    endOf cube: ScoreCube, ofRun name: String, in folder: RunFolder?, hasTable: Bool
  ) throws {
    guard !isMute else { return }
    let tables = try FindingTables(cube)
    if let folder {
      let name = try RunRecord.find(in: folder)?.origin.run ?? name
      try FindingsFile.write(tables, ofRun: name, to: folder, version: Mixmo.version)
    }
    let summary = SummaryTable(cube)
    guard !isJSON else { return try show(json: summary.rows) }
    try show(FindingsText(tables).text + (hasTable ? "\n" + summary.text : ""))
  }
}
