import Foundation
import Runs

/// What a run reports while it trains.
package enum TrainingEvent: Sendable {
  /// The run continues after so many epochs, and so many steps of the next one.
  case resumed(epoch: Int, step: Int)
  /// A file is damaged as the error says; the run continues from another file.
  case damaged(any Error, instead: URL)
  /// A step was taken.
  case step(Step)
  /// An epoch is finished and saved; its training speed in images per second.
  case epoch(EpochRecord, imagesPerSecond: Double)

  /// One step of an epoch; both are counted from 1.
  package struct Step: Sendable {
    package let epoch: Int
    package let step: Int
    /// The number of steps of an epoch.
    package let stepCount: Int
    /// The weighted sum of the members' cross-entropies.
    package let loss: Double
    /// The accuracy of head 0 over the epoch so far.
    package let accuracy: Double
    package let learningRate: Double
    /// The number of images seen since the run began, each counted as often as it was seen.
    package let imageCount: Int
  }
}
