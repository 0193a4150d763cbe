import ArgumentParser
import Evaluation
import Formats
import Foundation
import Runs
import Scoring

struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Fits a calibration on predictions and keeps it, for apply or other programs.",
    example: HelpExample(
      "a temperature, fitted on validation images",
      """
      mixmo calibrate --logits validation.npy --labels labels.npy \\
        --calibration temperature --output calibration.json
      """),
    discussion: """
      The calibration is fitted on all rows, and written with its formula, as JSON that NumPy applies in a \
      few lines. What it is worth is measured by cross-validation: each fifth of the rows is calibrated by a \
      fit on the others. The forms of files are those of score.

      Example: what it makes of other predictions:

        mixmo apply calibration.json --logits test.npy --output p.npy
      """)

  private static let known = Calibration.all.filter(\.needsFitting)
  private static let names = known.map(\.name)

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("The predictions: one file, or one for each member.", valueName: "file"))
  var logits: [String]

  @Option(help: ArgumentHelp("The class of each row.", valueName: "file"))
  var labels: String

  @Option(
    help: ArgumentHelp(
      "What is fitted: \(names.joined(separator: ", ")).", valueName: "name"))
  var calibration: String

  @Option(
    help: ArgumentHelp(
      "Whose predictions are calibrated (default: network or, of several members, the ensemble that score "
        + "has first).", valueName: "name"))
  var predictor: String?

  @Option(help: ArgumentHelp("The file that is written.", valueName: "file"))
  var output: String

  @OptionGroup var predictions: PredictionOptions
  @OptionGroup var threading: ThreadOptions
  @OptionGroup var speech: OutputOptions

  func validate() throws {
    if logits.isEmpty {
      throw ValidationError("--logits: expected a file, found none; give the predictions.")
    }
    _ = try chosenCalibration()
  }

  private func chosenCalibration() throws -> Calibration {
    guard let known = Self.known.first(where: { $0.name == calibration }) else {
      throw ValidationError(
        "--calibration: unknown \"\(calibration)\"; "
          + Spelling.suggestion(for: calibration, from: Self.names))
    }
    return known
  }

  func run() throws {
    let urls = logits.map { URL(fileURLWithPath: $0) }
    let labelFile = URL(fileURLWithPath: labels)
    let read = try predictions.reader(speech.terminal).read(urls, labels: labelFile)
    let rows = try read.predictions.labeled(read.labels, from: labelFile)
    let (members, notes) = try predictions.members(rows.memberCount, in: urls)
    for note in read.notes + notes { speech.terminal.warn(note) }
    let steps = StepProgress(speech.terminal)
    var keeping = CalibrationKeeping(threadCount: threading.workers.count)
    keeping.report = { try? steps.show("fit", $0, of: $1, .fits) }
    let kept = try keeping.fit(
      try chosenCalibration(),
      for: try chosenPredictor(memberCount: rows.memberCount, members), on: rows, logits: urls,
      labels: labelFile, version: Mixmo.version)
    steps.finish()
    try kept.write(to: URL(fileURLWithPath: output))
    try show(kept)
  }

  private func chosenPredictor(
    memberCount: Int, _ members: RunRecord.Members
  ) throws -> Predictor {
    let all = Predictor.predicting(memberCount: memberCount)
    guard let predictor else { return memberCount > 1 ? members.mainPredictor : .network }
    guard let chosen = all.first(where: { $0.name == predictor }) else {
      throw ValidationError(
        "--predictor: unknown \"\(predictor)\"; "
          + Spelling.suggestion(for: predictor, from: all.map(\.name)))
    }
    return chosen
  }

  private func show(_ kept: KeptCalibration) throws {
    if speech.json { return try speech.terminal.show(json: kept) }
    guard let found = kept.crossValidation else {
      return speech.terminal.warn("one row: nothing is known of rows that were not fitted")
    }
    func line(_ name: String, _ before: Double?, _ after: Double?) -> String {
      func text(_ value: Double?) -> String {
        value.map { String(format: "%.5f", $0) } ?? "undefined"
      }
      return "\(name) \(text(before)) before, \(text(after)) after\n"
    }
    try speech.terminal.show(
      "\(kept.calibration) of \(kept.predictor), \(kept.rows) rows, \(found.parts) parts\n"
        + line("NLL  ", found.before.nll, found.after.nll)
        + line("ECE  ", found.before.ece, found.after.ece)
        + line("Brier", found.before.brier, found.after.brier))
  }
}
