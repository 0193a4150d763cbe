import ArgumentParser
import Evaluation
import Foundation
import PredictionFiles
import Runs

/// What the numbers in files of predictions are, and which of them are meant.
struct PredictionOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "The predictions are probabilities, or they are logits. Without either, an array named "
        + "probabilities, probs, softmax or the like holds probabilities, anything else logits.",
      discussion:
        "Probabilities are scored as they are given; a row is divided by its sum only where "
        + "rounding does not explain the difference from 1. Of several members, ensemble is then the "
        + "geometric mean."))
  var probabilities: Bool?

  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "The members are networks of their own, whose ensemble is the mean of probabilities, or they are "
        + "subnetworks of one network, whose ensemble is the mean of logits. Without either, several "
        + "files, or folders of cells, are networks of their own, and the members in one file are "
        + "subnetworks."))
  var deepEnsemble: Bool?

  @Flag(
    help: ArgumentHelp(
      "Predictions are one number for each row, [N] or [N, 1]: a binary classifier's logit or, with "
        + "--probabilities, its probability of class 1."))
  var binary = false

  @Option(
    help: ArgumentHelp("The array of predictions in .npz files.", valueName: "name"))
  var array: String?

  @Option(
    help: ArgumentHelp("The array of labels in .npz files.", valueName: "name"))
  var labelArray: String?

  @Option(
    help: ArgumentHelp(
      "Leave out a column of text tables, by its name or its number from 0; may be repeated.",
      valueName: "name|number"))
  var dropColumn: [String] = []

  @Flag(
    help: ArgumentHelp(
      "Every column that is not left out is a class, in the order of the labels, even if its name or "
        + "numbers are those of an index or of labels."))
  var allColumns = false

  @Option(
    help: ArgumentHelp(
      "The label of rows that are left out (default: -1).", valueName: "number"))
  var ignoreLabel: Int?

  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "Where the first line of a text table is numbers: it names the columns, or it is a row. Without "
        + "either, the number of labels and the form of the line tell."))
  var header: Bool?

  func validate() throws {
    for name in dropColumn where Int(name).map({ $0 < 0 }) ?? false {
      throw ValidationError("--drop-column: expected a number of at least 0, found \(name).")
    }
  }

  /// One of these options that was given; nil where none was.
  var givenName: String? {
    let given = [
      ("--probabilities", probabilities != nil), ("--binary", binary), ("--array", array != nil),
      ("--label-array", labelArray != nil), ("--drop-column", !dropColumn.isEmpty),
      ("--all-columns", allColumns), ("--header", header != nil),
      ("--deep-ensemble", deepEnsemble != nil), ("--ignore-label", ignoreLabel != nil),
    ]
    return given.first { $0.1 }?.0
  }

  /// One of these options that was given and says nothing of predictions without labels; nil where none was.
  var nameForLabels: String? {
    let given = [
      ("--label-array", labelArray != nil), ("--deep-ensemble", deepEnsemble != nil),
      ("--ignore-label", ignoreLabel != nil),
    ]
    return given.first { $0.1 }?.0
  }

  /// What `count` members in `files`, one of each where there are several, are to one another, and what a
  /// user should know of the choice.
  ///
  /// - Throws: `PredictionChoiceError` for a choice where there is one member.
  func members(
    _ count: Int, in files: [URL]
  ) throws -> (members: RunRecord.Members, notes: [String]) {
    let file = files[0].path
    if let deepEnsemble {
      guard count > 1 else {
        throw PredictionChoiceError(
          file: file,
          problem: .oneMember(option: deepEnsemble ? "--deep-ensemble" : "--no-deep-ensemble"))
      }
      return (deepEnsemble ? .independent : .subnetworks, [])
    }
    guard files.count == 1 else { return (.independent, []) }
    let note =
      "\(file): its \(count) members are taken for subnetworks of one network, whose ensemble is the mean of "
      + "logits; --deep-ensemble says that they are networks of their own"
    return (.subnetworks, count > 1 ? [note] : [])
  }

  /// What reads files as the options say, and shows how far it is with a text that takes long.
  ///
  /// - Parameters:
  ///   - terminal: Where it is shown.
  ///   - advice: How to go on after an interruption, of a command that listens for one.
  /// - Returns: The reader.
  func reader(_ terminal: Terminal, whenInterrupted advice: String? = nil) -> PredictionReader {
    let steps = StepProgress(terminal, whenInterrupted: advice)
    var reader = PredictionReader()
    reader.tables.advanced = { file, done, total in
      try steps.show(
        "read \(URL(fileURLWithPath: file).lastPathComponent)", done, of: total, .bytes)
    }
    reader.areProbabilities = probabilities
    reader.isBinary = binary
    reader.array = array
    reader.labelArray = labelArray
    if let ignoreLabel { reader.ignoredLabel = ignoreLabel }
    reader.tables.droppedColumns = dropColumn
    reader.tables.takesAllColumns = allColumns
    reader.tables.hasHeader = header
    return reader
  }
}
