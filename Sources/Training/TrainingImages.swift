import Checkpoints
import Datasets
import Foundation
import Loading
import Tensors

/// What a checkpoint knows of the training images of its run.
package struct TrainingImages: Sendable, Equatable {
  /// The number of images that the run keeps for validation; nil for none.
  package let validationCount: Int?
  /// Decides which images these are.
  let seed: UInt64
  /// SHA-256 of the images and labels that the run is trained on.
  let fingerprint: String
  private let checkpoint: URL

  /// Reads a checkpoint; nil for one that no training of this program has left.
  ///
  /// - Throws: `CheckpointError` or `FileError`.
  package init?(of checkpoint: URL) throws {
    guard let own = try Checkpoint(contentsOf: checkpoint).root[TrainingState.key],
      case .string(let seed)? = own["seed"], let seed = UInt64(seed),
      case .string(let fingerprint)? = own["data"],
      case .int(let count) = own[TrainingState.validationKey] ?? 0
    else { return nil }
    validationCount = count > 0 ? count : nil
    (self.seed, self.fingerprint, self.checkpoint) = (seed, fingerprint, checkpoint)
  }

  /// The images of `train` that the run keeps for validation.
  ///
  /// - Throws: `TrainingError.noValidation`, or `.otherTrainingImages` where the others are not those that
  ///   the run is trained on; `LoadingError`, or what reading an image throws.
  package func validation(among train: any Dataset, workers: Workers) throws -> any Dataset {
    guard let validationCount else { throw TrainingError.noValidation(checkpoint) }
    let split = try ValidationSplit(of: train, keeping: validationCount, seed: seed)
    let found = try split.training.fingerprint(workers: workers)
    guard found == fingerprint else {
      throw TrainingError.otherTrainingImages(checkpoint, expected: fingerprint, found: found)
    }
    return split.validation
  }
}
