import ArgumentParser
import Evaluation
import Foundation

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
    ]
    return given.first { $0.1 }?.0
  }

  var reader: PredictionReader {
    var reader = PredictionReader()
    reader.areProbabilities = probabilities
    reader.isBinary = binary
    reader.array = array
    reader.labelArray = labelArray
    reader.tables.droppedColumns = dropColumn
    reader.tables.takesAllColumns = allColumns
    reader.tables.hasHeader = header
    return reader
  }
}
