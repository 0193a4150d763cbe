/// The epoch whose checkpoint `best` is, and how it was chosen.
package struct BestEpoch: Codable, Sendable, Equatable {
  /// Counted from 1.
  package let epoch: Int
  /// The accuracy that is the highest of the epochs whose checkpoints are kept; the latest of equals.
  package let criterion: Criterion

  package init(epoch: Int, criterion: Criterion) {
    self.epoch = epoch
    self.criterion = criterion
  }

  /// An accuracy that an epoch is chosen by.
  package enum Criterion: String, Codable, Sendable, CaseIterable {
    /// That of images which are kept from the training, for this choice.
    case validationAccuracy = "validation accuracy"
    /// That of the test images, as in the reference: the best epoch's is the largest of many, so that it
    /// is optimistic.
    case testAccuracy = "test accuracy"

    /// The column of `logs.csv`.
    var column: String {
      (self == .testAccuracy ? "test/" : "validation/") + EpochScores.accuracyName
    }
  }
}
