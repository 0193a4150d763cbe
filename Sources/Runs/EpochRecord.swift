import Formats
import Foundation

/// The results of one epoch: a row of `logs.csv`.
package struct EpochRecord: Sendable, Equatable {
  /// Counted from 1.
  package let epoch: Int
  /// The training accuracy of head 0: the share of images for which it predicts the class with the
  /// largest target.
  package let trainAccuracy: Double
  /// The mean over steps of each member's weighted cross-entropy.
  package let memberLosses: [Double]  // [M]
  /// The rate of the epoch's last step.
  package let learningRate: Double
  /// The scores on the test images.
  package let test: EpochScores
  /// The scores on the images that are kept for validation; nil where there are none.
  package let validation: EpochScores?
  /// Whether the epoch's checkpoint was kept.
  package let isCheckpointSaved: Bool

  package init(
    epoch: Int, trainAccuracy: Double, memberLosses: [Double], learningRate: Double,
    test: EpochScores, validation: EpochScores? = nil, isCheckpointSaved: Bool
  ) {
    self.epoch = epoch
    self.trainAccuracy = trainAccuracy
    self.memberLosses = memberLosses
    self.learningRate = learningRate
    self.test = test
    self.validation = validation
    self.isCheckpointSaved = isCheckpointSaved
  }

  /// The interval of epochs at which the reference keeps a checkpoint in any case.
  package static let keptEvery = 30

  /// The ensemble's accuracy on the test images.
  package var testAccuracy: Double { test.accuracy }

  /// The ensemble's accuracy by which the best epoch is chosen.
  package var choosingAccuracy: Double { (validation ?? test).accuracy }

  /// The mean over steps of the sum of the members' cross-entropies.
  package var trainLoss: Double { memberLosses.reduce(0, +) }

  /// The numbers under their names, the reference's first; nil where one is undefined.
  package var scalars: [(name: String, value: Double?)] {
    var scalars: [(String, Double?)] = [
      ("train/accuracy", trainAccuracy), (Self.testAccuracyColumn, testAccuracy),
      (Self.checkpointColumn, isCheckpointSaved ? 1 : 0), ("train/loss", trainLoss),
      ("train/learning_rate", learningRate),
    ]
    if memberLosses.count > 1 {
      scalars += memberLosses.enumerated().map { ("train/loss_\($0)", $1) }
    }
    scalars += test.values.filter { $0.name != EpochScores.accuracyName }
      .map { ("test/\($0.name)", $0.value) }
    scalars += (validation?.values ?? []).map { ("validation/\($0.name)", $0.value) }
    return scalars
  }
}

/// The scores of one epoch on the test or the validation images, without calibration.
package struct EpochScores: Sendable, Equatable {
  /// A score under its name in `logs.csv` and TensorBoard, below `test/` or `validation/`.
  package struct Score: Sendable, Equatable {
    package let name: String
    /// Nil where it is undefined.
    package let value: Double?

    package init(name: String, value: Double?) {
      self.name = name
      self.value = value
    }
  }

  static let accuracyName = "accuracy"

  /// The ensemble's metrics, the members' accuracies, and the mean diversity of pairs.
  package let values: [Score]

  package init(values: [Score]) { self.values = values }

  /// The share of images that the ensemble got right.
  package var accuracy: Double { self[Self.accuracyName] ?? 0 }

  package subscript(name: String) -> Double? { values.first { $0.name == name }?.value }
}

/// `logs.csv`.
extension EpochRecord {
  private static let epochColumn = "epoch"
  private static let testAccuracyColumn = BestEpoch.Criterion.testAccuracy.column
  private static let checkpointColumn = "general/checkpoint_saved"

  /// The rows as `logs.csv` has them: the columns of the latest epoch.
  package static func table(_ records: [EpochRecord]) -> CSVTable {
    let names = records.last?.scalars.map(\.name) ?? []
    var table = CSVTable(header: [epochColumn] + names)
    for record in records {
      let fields = record.scalars.map { scalar in
        let flag = record.isCheckpointSaved ? "1" : "0"
        return (scalar.name, scalar.name == checkpointColumn ? flag : CSVTable.field(scalar.value))
      }
      let fieldsByName = Dictionary(fields) { first, _ in first }
      table.append(["\(record.epoch)"] + names.map { fieldsByName[$0] ?? "" })
    }
    return table
  }

  /// The log at `url`, whose epochs are finite numbers; nil where there is none or it has no row
  /// yet.
  ///
  /// - Throws: `RunsError.wrongField`, `CSVError` or `FileError`.
  package static func read(_ url: URL) throws -> ResultTable? {
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    let header = try CSVTable(contentsOf: url).header
    let log = try ResultTable(
      contentsOf: url, keys: [epochColumn], numbers: header.filter { $0 != epochColumn })
    for (index, key) in log.keys.enumerated() where Double(key[0])?.isFinite != true {
      throw RunsError.wrongField(
        url, row: index + 1, column: epochColumn, expected: "a number", found: key[0])
    }
    return log.keys.isEmpty ? nil : log
  }

  /// The epochs and the accuracies by which the best is chosen, in the log at `url`, which the reference
  /// may have written.
  ///
  /// - Throws: `RunsError.malformedLog`, `FileError` or `CSVError`.
  static func accuracies(
    in url: URL
  ) throws -> (criterion: BestEpoch.Criterion, epochs: [(epoch: Int, accuracy: Double)]) {
    let table = try CSVTable(contentsOf: url)
    let criterion =
      BestEpoch.Criterion.allCases.first { table.header.contains($0.column) }
      ?? .testAccuracy
    func numbers<Number>(
      _ column: String, expected: String, _ number: (String) -> Number?
    ) throws -> [Number] {
      guard let fields = table.column(column) else {
        throw RunsError.malformedLog(
          url, location: "line 1", expected: "a column \(column)",
          found: table.header.joined(separator: ",").oneLine)
      }
      return try fields.enumerated().map { index, field in
        guard let value = number(field) else {
          throw RunsError.malformedLog(
            url, location: "row \(index + 1), column \(column)", expected: expected,
            found: field.oneLine)
        }
        return value
      }
    }
    let epochs = try numbers(epochColumn, expected: "a whole number") { Int($0) }
    let accuracies = try numbers(
      criterion.column, expected: "a number or a percentage", Self.accuracy)
    return (criterion, zip(epochs, accuracies).map { (epoch: $0.0, accuracy: $0.1) })
  }

  /// A share; the reference writes percentages.
  private static func accuracy(_ text: String) -> Double? {
    let isPercentage = text.hasSuffix("%")
    guard let number = Double(isPercentage ? text.dropLast() : text[...]), number.isFinite else {
      return nil
    }
    return isPercentage ? number / 100 : number
  }
}

extension EpochRecord: Encodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// An object of the epoch and the scalars that are defined.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(epoch, forKey: Key(stringValue: "epoch"))
    for scalar in scalars {
      try container.encodeIfPresent(scalar.value, forKey: Key(stringValue: scalar.name))
    }
  }
}
