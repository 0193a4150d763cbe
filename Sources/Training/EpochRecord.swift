import Formats

/// What one epoch came to: a row of `logs.csv`.
package struct EpochRecord: Sendable, Equatable, Encodable {
  /// Counted from 1.
  package let epoch: Int
  /// The share of batches' images whose class, the largest of head 0's targets, head 0 predicts.
  package let trainAccuracy: Double
  /// The ensemble's accuracy on the test images.
  package let testAccuracy: Double
  /// Whether the epoch's checkpoint was kept.
  package let isCheckpointSaved: Bool
  /// The mean over steps of the members' cross-entropies added up.
  package let trainLoss: Double
  /// The rate of the epoch's last step.
  package let learningRate: Double

  package init(
    epoch: Int, trainAccuracy: Double, testAccuracy: Double, isCheckpointSaved: Bool,
    trainLoss: Double, learningRate: Double
  ) {
    self.epoch = epoch
    self.trainAccuracy = trainAccuracy
    self.testAccuracy = testAccuracy
    self.isCheckpointSaved = isCheckpointSaved
    self.trainLoss = trainLoss
    self.learningRate = learningRate
  }

  /// The rows as `logs.csv` has them: the reference's columns first.
  package static func table(_ records: [EpochRecord]) -> CSVTable {
    var table = CSVTable(header: [
      "epoch", "train/accuracy", "test/accuracy", "general/checkpoint_saved", "train/loss",
      "train/learning_rate",
    ])
    for record in records {
      table.append([
        "\(record.epoch)", CSVTable.field(record.trainAccuracy),
        CSVTable.field(record.testAccuracy), record.isCheckpointSaved ? "1" : "0",
        CSVTable.field(record.trainLoss), CSVTable.field(record.learningRate),
      ])
    }
    return table
  }
}
