import ArgumentParser
import Evaluation
import Foundation
import Runs

struct ApplyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Calibrates predictions by what calibrate has kept.",
    example: HelpExample(
      "the calibrated probabilities of test images",
      "mixmo apply calibration.json --logits test.npy --output p.npy"),
    discussion: """
      Writes calibrated probabilities, float64 [N, K]. Of a calibration of the confidence alone (beta, platt, \
      bbq, isotonic, histogram) it writes the predicted class and its confidence, [N, 2]. The predictions \
      are those of the same models as were fitted, in the same order.
      """)

  @Argument(help: ArgumentHelp("The file of mixmo calibrate.", valueName: "calibration"))
  var calibration: String

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("The predictions: one file, or one for each member.", valueName: "file"))
  var logits: [String]

  @Option(help: ArgumentHelp("The file that is written, .npy.", valueName: "file"))
  var output: String

  @OptionGroup var predictions: PredictionOptions
  @OptionGroup var threading: ThreadOptions
  @OptionGroup var speech: OutputOptions

  func validate() throws {
    if logits.isEmpty {
      throw ValidationError("--logits: expected a file, found none; give the predictions.")
    }
  }

  func run() throws {
    let file = URL(fileURLWithPath: calibration)
    let kept = try KeptCalibration(contentsOf: file)
    var reader = predictions.reader(speech.terminal)
    // What was fitted says what the numbers are, where the options do not.
    reader.areProbabilities = reader.areProbabilities ?? kept.isOfProbabilities
    let read = try reader.readUnlabeled(logits.map { URL(fileURLWithPath: $0) })
    for note in read.notes { speech.terminal.warn(note) }
    let steps = StepProgress(speech.terminal)
    defer { steps.finish() }
    var keeping = CalibrationKeeping(threadCount: threading.workers.count)
    keeping.report = { try? steps.show("calibrate", $0, of: $1, .rows) }
    let shape = try keeping.apply(
      kept, from: file.path, to: read.predictions, output: URL(fileURLWithPath: output))
    speech.terminal.say("\(output): \(shape[0]) rows of \(shape[1]) numbers")
  }
}
