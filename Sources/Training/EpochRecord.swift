import Formats

/// What one epoch came to: a row of `logs.csv`.
package struct EpochRecord: Sendable, Equatable {
  /// Counted from 1.
  package let epoch: Int
  /// The share of batches' images whose class, the largest of head 0's targets, head 0 predicts.
  package let trainAccuracy: Double
  /// The mean over steps of each member's weighted cross-entropy.
  package let memberLosses: [Double]  // [M]
  /// The rate of the epoch's last step.
  package let learningRate: Double
  /// The figures on the test images.
  package let test: TestScores
  /// Whether the epoch's checkpoint was kept.
  package let isCheckpointSaved: Bool

  package init(
    epoch: Int, trainAccuracy: Double, memberLosses: [Double], learningRate: Double,
    test: TestScores, isCheckpointSaved: Bool
  ) {
    self.epoch = epoch
    self.trainAccuracy = trainAccuracy
    self.memberLosses = memberLosses
    self.learningRate = learningRate
    self.test = test
    self.isCheckpointSaved = isCheckpointSaved
  }

  /// The ensemble's accuracy on the test images.
  package var testAccuracy: Double { test.accuracy }

  /// The mean over steps of the members' cross-entropies added up.
  package var trainLoss: Double { memberLosses.reduce(0, +) }

  /// The numbers under their names, the reference's first; nil where one is undefined.
  package var scalars: [(name: String, value: Double?)] {
    var scalars: [(String, Double?)] = [
      ("train/accuracy", trainAccuracy), ("test/accuracy", testAccuracy),
      ("general/checkpoint_saved", isCheckpointSaved ? 1 : 0), ("train/loss", trainLoss),
      ("train/learning_rate", learningRate),
    ]
    if memberLosses.count > 1 {
      scalars += memberLosses.enumerated().map { ("train/loss_\($0)", $1) }
    }
    scalars += test.figures.filter { $0.name != "accuracy" }.map { ("test/\($0.name)", $0.value) }
    return scalars
  }

  /// The rows as `logs.csv` has them: the columns of the latest epoch.
  package static func table(_ records: [EpochRecord]) -> CSVTable {
    let names = records.last?.scalars.map(\.name) ?? []
    var table = CSVTable(header: ["epoch"] + names)
    for record in records {
      let fields = record.scalars.map { scalar in
        let isFlag = scalar.name == "general/checkpoint_saved"
        let flag = record.isCheckpointSaved ? "1" : "0"
        return (scalar.name, isFlag ? flag : CSVTable.field(scalar.value))
      }
      let fieldsByName = Dictionary(fields) { first, _ in first }
      table.append(["\(record.epoch)"] + names.map { fieldsByName[$0] ?? "" })
    }
    return table
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
