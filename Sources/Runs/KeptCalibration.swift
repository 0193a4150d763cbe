// N rows, M members, K classes.

import Formats
import Foundation
import Scoring

/// `calibration.json`: a calibration that was fitted on all rows of some predictions, to be applied to others.
///
/// It is JSON with a name on each line. Numbers have as many digits as their Float64 needs.
package struct KeptCalibration: Codable, Sendable {
  /// The version of the program that fitted it.
  package let version: String
  /// The name of the calibration.
  package let calibration: String
  /// The name of the predictor that it is for.
  package let predictor: String
  /// M, the number of members.
  package let members: Int
  /// K, the number of classes.
  package let classes: Int
  /// `logits` or `probabilities`: what it was fitted on.
  package let numbers: String
  /// N, the number of rows that it was fitted on.
  package let rows: Int
  /// SHA-256 of the files of predictions and of labels, in their order.
  package let logits: [String]
  package let labels: String
  /// How it is applied, and what the letters mean.
  package let formula: String
  package let notation: [String]
  /// What cross-validation says of it; nil for one row.
  package let crossValidation: CrossValidation?
  /// The numbers of the formula.
  let fit: CalibrationNumbers

  /// Scores of all rows, each calibrated by a fit on the other parts of them.
  package struct CrossValidation: Codable, Sendable {
    package let parts: Int
    package let before: Scores
    package let after: Scores

    package init(parts: Int, before: Scores, after: Scores) {
      (self.parts, self.before, self.after) = (parts, before, after)
    }
  }

  /// Metrics, nil where they are undefined.
  package struct Scores: Codable, Sendable {
    package let nll: Double?
    package let ece: Double?
    package let brier: Double?

    package init(_ rows: ScoredRows) {
      let values = rows.values(of: [.negativeLogLikelihood, .calibrationError, .brierScore])
      nll = values[.negativeLogLikelihood]
      ece = values[.calibrationError]
      brier = values[.brierScore]
    }
  }

  /// Whether it was fitted on probabilities, not on logits.
  package var isOfProbabilities: Bool { numbers == PredictionNumbers.probabilities.rawValue }

  private enum CodingKeys: String, CodingKey {
    case version, calibration, predictor, members, classes, numbers, rows, logits, labels
    case formula, notation, fit
    case crossValidation = "cross_validation"
  }

  /// What was fitted for `predictor` on `rows`.
  package init(
    _ map: CalibrationMap, by calibration: Calibration, for predictor: Predictor,
    on rows: LabeledLogits, logits: [String], labels: String, crossValidation: CrossValidation?,
    version: String
  ) {
    self.version = version
    self.calibration = calibration.name
    self.predictor = predictor.name
    members = rows.memberCount
    classes = rows.classCount
    numbers = rows.numbers.rawValue
    self.rows = rows.rowCount
    self.logits = logits
    self.labels = labels
    formula = CalibrationFormulas.formula(of: calibration, for: predictor)
    notation = CalibrationFormulas.keptNotation(of: calibration)
    self.crossValidation = crossValidation
    fit = CalibrationNumbers(map)
  }

  /// More than a matrix of 1000 × 1000 numbers takes.
  private static let maximumSize = 1 << 26

  /// Reads a file.
  ///
  /// - Throws: `FileError`, or `KeptCalibrationError` for what is no such file.
  package init(contentsOf url: URL) throws {
    let bytes = try FileText.bytes(
      of: url, limit: Self.maximumSize, expecting: "a calibration (JSON)")
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw KeptCalibrationError(file: url.path, problem: .unreadable(Self.reason(error)))
    }
  }

  private static func reason(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "expected \(key.stringValue), found none"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      (context.codingPath.map(\.stringValue) + [context.debugDescription]).joined(separator: ": ")
    @unknown default: "\(error)"
    }
  }

  /// Writes the file.
  ///
  /// - Throws: `FileError.unwritable`.
  package func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    func text(_ value: some Encodable) throws -> String {
      String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    let lines = try [
      ("version", text(version)), ("calibration", text(calibration)),
      ("predictor", text(predictor)), ("members", text(members)), ("classes", text(classes)),
      ("numbers", text(numbers)), ("rows", text(rows)), ("logits", text(logits)),
      ("labels", text(labels)), ("formula", text(formula)), ("notation", text(notation)),
      ("cross_validation", text(crossValidation)), ("fit", text(fit)),
    ]
    try AtomicFile.write(
      "{\n" + lines.map { "\"\($0)\": \($1)" }.joined(separator: ",\n") + "\n}\n", to: url)
  }

  /// The predictor, and what the calibration does to it; `file` is what is read, for messages.
  ///
  /// - Throws: `KeptCalibrationError` for numbers that are none of the calibration's.
  package func calibrated(file: String) throws -> (predictor: Predictor, map: CalibrationMap) {
    func fail(_ problem: KeptCalibrationError.Problem) -> KeptCalibrationError {
      KeptCalibrationError(file: file, problem: problem)
    }
    guard members > 0, classes > 0 else { throw fail(.unreadable("expected members and classes")) }
    let predictors = Predictor.predicting(memberCount: min(members, 1 << 16))
    guard let predictor = predictors.first(where: { $0.name == self.predictor }) else {
      throw fail(.unknown("predictor", self.predictor, expected: predictors.map(\.name)))
    }
    let known = Calibration.all.filter(\.needsFitting)
    guard let calibration = known.first(where: { $0.name == self.calibration }) else {
      throw fail(.unknown("calibration", self.calibration, expected: known.map(\.name)))
    }
    guard let map = fit.map(of: calibration, memberCount: members, classCount: classes) else {
      throw fail(.otherNumbers(calibration: calibration.name, members: members, classes: classes))
    }
    return (predictor, map)
  }
}

/// Why a file is no calibration that can be applied.
package struct KeptCalibrationError: Error, CustomStringConvertible, Equatable {
  package let file: String
  package let problem: Problem

  package enum Problem: Sendable, Equatable {
    case unreadable(String)
    case unknown(String, String, expected: [String])
    case otherNumbers(calibration: String, members: Int, classes: Int)
    case otherShape(expected: [Int], found: [Int])
    case otherPredictions(expected: String, found: String)
    case noProbabilities(row: Int)
  }

  package init(file: String, problem: Problem) {
    (self.file, self.problem) = (file, problem)
  }

  package var description: String {
    switch problem {
    case .unreadable(let reason):
      "\(file): no file of mixmo calibrate: \(reason)"
    case .unknown(let name, let found, let expected):
      "\(file): \(name): expected one of \(expected.prefix(20).joined(separator: ", ")), found "
        + "\"\(found.oneLine)\""
    case .otherNumbers(let calibration, let members, let classes):
      "\(file): fit: expected the numbers of \(calibration) for \(members) members and \(classes) classes, "
        + "found others; write it again with mixmo calibrate"
    case .otherShape(let expected, let found):
      "\(file): it was fitted on \(expected[0]) members and \(expected[1]) classes, the predictions have "
        + "\(found[0]) and \(found[1]); give those of the same models"
    case .otherPredictions(let expected, let found):
      "\(file): it was fitted on \(expected), the predictions are \(found); --probabilities and "
        + "--no-probabilities say what they are"
    case .noProbabilities(let row):
      "\(file): fit: expected finite probabilities of row \(row), found an overflow; write it again with "
        + "mixmo calibrate, or look whether the predictions are of the size of those it was fitted on"
    }
  }
}
