import ArgumentParser
import Evaluation
import Formats
import Foundation
import PredictionFiles
import Runs
import Scoring

/// What is computed beside the metrics.
struct AdditionOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Write conformal.csv as well: prediction sets by lac, aps and raps, fitted on each half of the "
        + "clean images, or on a validation set."))
  var conformal = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "With --conformal, the shares of images whose set may miss the label (default: "
        + "\(standardAlphas.map { "\($0)" }.joined(separator: " "))).", valueName: "shares"))
  var alpha: [Double] = []

  private static let standardAlphas = [0.1, 0.05]

  @Flag(help: "Write classes.csv as well: a row for each class, with what it is confused with.")
  var perClass = false

  @Option(
    help: ArgumentHelp(
      "With --per-class, a text with the name of a class on each line, in their order.",
      valueName: "file"))
  var classesNamed: String?

  @Flag(
    help: ArgumentHelp(
      "Add columns to cells.csv: risk_at_80 and risk_at_90, coverage_at_risk_1 and coverage_at_risk_5."
    ))
  var selective = false

  @Flag(
    help: ArgumentHelp(
      "Add columns to cells.csv: miscalibration, discrimination and uncertainty of the top label's Brier "
        + "and log score (CORP)."))
  var decompositions = false

  @Option(
    help: ArgumentHelp(
      "Add columns to cells.csv that compare predictions with what people say: a file with a row for each "
        + "image of the test set, votes or probabilities of each class.", valueName: "file"))
  var softLabels: String?

  func validate() throws {
    guard classesNamed == nil || perClass else {
      throw ValidationError("--classes-named needs --per-class.")
    }
    guard alpha.isEmpty || conformal else { throw ValidationError("--alpha needs --conformal.") }
    if let wrong = alpha.first(where: { !Additions.isAlpha($0) }) {
      throw ValidationError("--alpha: expected numbers above 0 and below 1, found \(wrong).")
    }
  }

  /// What is asked for.
  ///
  /// - Parameter softLabels: What was read from the file of soft labels.
  /// - Returns: The additions.
  /// - Throws: `FileError`, `FileFormError` or `ValidationError` for a file that is no list of names.
  func additions(softLabels: GivenSoftLabels?) throws -> Additions {
    let alphas = alpha.isEmpty ? Self.standardAlphas : Set(alpha).sorted(by: >)
    return Additions(
      alphas: conformal ? alphas : nil, classes: perClass ? true : nil,
      classNames: try classesNamed.map(Self.names), metrics: groups.isEmpty ? nil : groups,
      softLabels: softLabels?.record)
  }

  /// Reads the soft labels, where they are asked for.
  ///
  /// - Parameters:
  ///   - selection: The rows that the file has, and those that are scored.
  ///   - images: What has a row, for messages.
  ///   - classCount: The number of classes; nil where it is not known yet.
  /// - Returns: The soft labels of the rows that are scored; nil where none are asked for.
  /// - Throws: as `GivenSoftLabels`.
  func softLabels(
    _ selection: RowSelection, of images: String, classCount: Int?
  ) throws -> GivenSoftLabels? {
    try softLabels.map {
      try GivenSoftLabels(
        URL(fileURLWithPath: $0), selection, of: images, classCount: classCount)
    }
  }

  /// The names of the groups of metrics that are asked for.
  private var groups: [String] {
    [(MetricGroup.selective, selective), (.decompositions, decompositions)].filter(\.1)
      .map(\.0.name)
  }

  /// What of it is asked for.
  var given: [ScoringRequest.Part: Bool] {
    [.sets: conformal, .classes: perClass, .softLabels: softLabels != nil]
  }

  private static let largestFile = 1 << 20

  /// The lines of a file, each the name of a class.
  private static func names(_ path: String) throws -> [String] {
    let url = URL(fileURLWithPath: path)
    let text = try FileText.read(
      url, limit: largestFile, expecting: "names of classes, one on each line")
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    let names = Array(lines.reversed().drop(while: \.isEmpty).reversed())
    if let empty = names.firstIndex(of: "") {
      throw ValidationError(
        "--classes-named: \(path.oneLine), line \(empty + 1): expected the name of a class, found a blank "
          + "line; name it, or remove the line.")
    }
    return names
  }
}
