import ArgumentParser
import Evaluation
import Foundation
import Runs
import Scoring

struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Scores anybody's predictions: the scores of evaluate, without a network.",
    discussion: """
      A file holds the logits of N rows over K classes, [N, K], or of M members too, [N, M, K]; \
      several files of [N, K] are the members of an ensemble. Forms: .npy, .npz (the only array, or \
      the one named logits), .csv and .txt (a row on each line). Labels are class indices from 0, \
      in the same forms.

      Prints a table; --output writes cells.csv, diversity.csv, reliability.csv, summary.csv and \
      run.json as well, and predictions/ with the logits and labels that were scored, for compare \
      and report.

      Example: a deep ensemble of two, as it is and with every calibration:

        mixmo score --logits first.npy second.npy --labels labels.npy \\
          --calibration all --output scores
      """)

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("The predictions: one file, or one for each member.", valueName: "file"))
  var logits: [String]

  @Option(help: ArgumentHelp("The class of each row.", valueName: "file"))
  var labels: String

  @Flag(
    help: ArgumentHelp(
      "The predictions are probabilities, which are scored as they are given.",
      discussion: "A row is divided by its sum only where rounding does not explain the difference "
        + "from 1. Of several members, ensemble is then the geometric mean."))
  var probabilities = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Predictions of other images, to fit calibrations on all of them.", valueName: "file"))
  var validationLogits: [String] = []

  @Option(help: ArgumentHelp("The classes of the validation rows.", valueName: "file"))
  var validationLabels: String?

  @Option(help: ArgumentHelp("The folder that the tables go to.", valueName: "dir"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "The run's name in the tables (default: that of the first file).", valueName: "text"))
  var name: String?

  @OptionGroup var scoring: ScoringOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard validationLogits.isEmpty == (validationLabels == nil) else {
      throw ValidationError("--validation-logits and --validation-labels go together.")
    }
    if !validationLogits.isEmpty && scoring.fitting == .crossValidation {
      throw ValidationError("--fitting cv needs no validation set.")
    }
  }

  func run() throws {
    Interruption.listen()
    let array = try read(logits)
    let predictions = try GivenPredictions(
      array, labels: LabelFile.read(url(labels)), runName: runName,
      predictionFiles: (logits + validationLogits).map(url),
      labelFiles: ([labels] + (validationLabels.map { [$0] } ?? [])).map(url),
      folder: output.map { RunFolder(url($0)) }, seed: common.seed, version: Mixmo.version)
    let validation = try validationLabels.map { labels in
      try read(validationLogits).labeled(LabelFile.read(url(labels)), from: url(labels))
    }
    speak(of: predictions.rows, as: "probabilities")
    if let validation { speak(of: validation, as: "validation probabilities") }
    let settings = try scoring.settings(validation: validation, seed: common.seed)
    let cube = try EvaluationRun(of: predictions, settings: settings, workers: common.workers)
      .run(
        speakingTo: common.terminal,
        whenInterrupted: output == nil
          ? "nothing was written" : "run the same command to start again")
    try common.terminal.show(summaryOf: cube)
  }

  /// Says how far from 1 probabilities sum, and what that means for them.
  private func speak(of rows: LabeledLogits, as name: String) {
    guard let sums = rows.sums else { return }
    if sums.dividedCount > 0 {
      common.terminal.warn("\(name): \(sums.remark)")
    } else {
      common.terminal.say("\(name): \(sums.remark)")
    }
    if rows.memberCount > 1 { common.terminal.say("\(name): \(ProbabilitySums.remarkOnMembers)") }
  }

  private var runName: String { name ?? url(logits[0]).deletingPathExtension().lastPathComponent }

  private func url(_ path: String) -> URL { URL(fileURLWithPath: path) }

  private func read(_ files: [String]) throws -> PredictionArray {
    let array = try PredictionArray.read(members: files.map(url))
    return probabilities ? array.taken(as: .probabilities) : array
  }
}
