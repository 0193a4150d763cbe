import ArgumentParser
import Evaluation
import Formats
import Foundation
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

  func validate() throws {
    guard classesNamed == nil || perClass else {
      throw ValidationError("--classes-named needs --per-class.")
    }
    guard alpha.isEmpty || conformal else { throw ValidationError("--alpha needs --conformal.") }
    if let wrong = alpha.first(where: { !Additions.isAlpha($0) }) {
      throw ValidationError("--alpha: expected numbers above 0 and below 1, found \(wrong).")
    }
  }

  /// - Throws: `FileError`, `FileFormError` or `ValidationError` for a file that is no list of names.
  func additions() throws -> Additions {
    let alphas = alpha.isEmpty ? Self.standardAlphas : Set(alpha).sorted(by: >)
    return Additions(
      alphas: conformal ? alphas : nil, classes: perClass ? true : nil,
      classNames: try classesNamed.map(Self.names), metrics: groups.isEmpty ? nil : groups)
  }

  /// The names of the groups of metrics that are asked for.
  private var groups: [String] {
    [(MetricGroup.selective, selective), (.decompositions, decompositions)].filter(\.1)
      .map(\.0.name)
  }

  /// What of it is asked for.
  var given: [ScoringRequest.Part: Bool] {
    [.sets: conformal, .classes: perClass]
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
        "--classes-named: \(path.oneLine), line \(empty + 1): expected the name of a class.")
    }
    return names
  }
}
