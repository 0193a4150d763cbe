import ArgumentParser
import Evaluation
import Foundation
import Runs
import Scoring

/// Somebody's program in place of a network.
struct ProgramOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "In place of --config and --checkpoint, a command of the shell that reads images from its standard "
        + "input and writes predictions to its standard output, both as .npy arrays.",
      valueName: "command"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "With --model, a file or folder that decides its predictions and that the command does not name, such "
        + "as a checkpoint; may be repeated.", valueName: "path"))
  var modelFile: [String] = []

  @Option(
    help: ArgumentHelp("With --model, the images of a batch (default: 256).", valueName: "count"))
  var batch: Int?

  @Flag(help: "With --model, the program answers probabilities, not logits.")
  var probabilities = false

  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "With --model, the members that the program answers, [B, M, K], are networks of their own, whose "
        + "ensemble is the mean of probabilities, or they are subnetworks, whose ensemble is the mean "
        + "of logits (default)."))
  var deepEnsemble: Bool?

  @Option(
    help: ArgumentHelp(
      "With --model, the number of classes (default: that of the images).", valueName: "count"))
  var classes: Int?

  @Option(
    help: ArgumentHelp(
      "With --model, the run's name in the tables (default: that of the first file that the command "
        + "names).", valueName: "text"))
  var name: String?

  private static let standardBatch = 256

  /// One of the options that go with --model alone; nil where none was given.
  private var givenName: String? {
    let given = [
      ("--model-file", !modelFile.isEmpty), ("--batch", batch != nil),
      ("--probabilities", probabilities), ("--deep-ensemble", deepEnsemble != nil),
      ("--classes", classes != nil), ("--name", name != nil),
    ]
    return given.first { $0.1 }?.0
  }

  func validate() throws {
    if model == nil, let option = givenName {
      throw ValidationError(
        "\(option) goes with --model; give the program, or leave \(option) out.")
    }
    if let model, model.allSatisfy(\.isWhitespace) {
      throw ValidationError(
        "--model: expected a command, found an empty one; give the program that answers.")
    }
    if let batch, !(1...65_536).contains(batch) {
      throw ValidationError("--batch: expected a number from 1 to 65536, found \(batch).")
    }
    if let classes, !(2...1_000_000).contains(classes) {
      throw ValidationError("--classes: expected a number from 2 to 1000000, found \(classes).")
    }
  }

  /// The number of classes of the images, which `--classes` may tell where labels alone do not.
  ///
  /// - Throws: `ValidationError` where the two differ.
  func classCount(of images: ImageSource) throws -> Int {
    let found = images.dataset.classCount
    if let outputs = images.pictures?.outputs, let classes, classes != outputs.modelClassCount {
      throw ValidationError(
        "--classes \(classes): --class-order lists \(outputs.modelClassCount) classes; leave --classes out."
      )
    }
    guard images.pictures?.outputs == nil, let classes, classes != found else { return found }
    guard images.isClassCountGuessed, classes > found else {
      throw ValidationError(
        "--classes \(classes): \(images.dataset.name) has "
          + (images.isClassCountGuessed ? "labels up to \(found - 1)" : "\(found) classes")
          + "; leave --classes out, or give the program's number where labels lack the last classes."
      )
    }
    return classes
  }

  /// The program as a model of `images`, and the name of its run; nil without --model.
  ///
  /// - Parameters:
  ///   - images: What it is evaluated on.
  ///   - patience: Seconds in which it has to do something.
  ///   - common: The threads that make images.
  /// - Returns: The two.
  /// - Throws: `ValidationError`; `FileError` where a model file cannot be read.
  func source(
    on images: ImageSource, patience: Int, _ common: CommonOptions
  ) throws -> (model: ModelSource, runName: String)? {
    guard let model else { return nil }
    let numbers: PredictionNumbers = probabilities ? .probabilities : .logits
    let batch = batch ?? Self.standardBatch
    let identity = try ProgramIdentity(
      model, modelFiles: modelFile.map { URL(fileURLWithPath: $0) }, numbers: numbers,
      batchSize: batch)
    let (terminal, workers) = (common.terminal, common.workers)
    let (classCount, outputs) = (try classCount(of: images), images.pictures?.outputs)
    let settings = ProgramModel.Settings(
      command: model, classCount: outputs?.modelClassCount ?? classCount,
      outputs: outputs?.indices, numbers: numbers, patience: patience, workers: workers,
      isInterrupted: { Interruption.isRequested },
      warn: { terminal.warn($0) })
    var source = ModelSource(
      members: deepEnsemble ?? false ? .independent : .subnetworks,
      classCount: classCount, configuration: "",
      fingerprint: { identity.fingerprint },
      open: { try ProgramModel(settings, batchSize: batch) })
    source.inputs = RunRecord.Inputs(checkpoint: identity.files, data: images.paths)
    source.program = identity.record
    source.program?.classes = outputs?.modelClassCount
    source.notes = identity.notes
    source.noteOnMembers = deepEnsemble == nil ? Self.noteOnMembers : nil
    return (source, name ?? identity.runName)
  }

  private static let noteOnMembers =
    "--model: its members are taken for subnetworks of one network, whose ensemble is the mean of logits; "
    + "--deep-ensemble says that they are networks of their own"
}
