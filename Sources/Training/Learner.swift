// N batch, M members, K classes.

import Checkpoints
import Datasets
import Foundation
import Loading
import Networks
import Optimization
import Tensors

/// A network and the optimizer that trains it.
struct Learner {
  let network: MixMoNetwork
  let optimizer: any Optimizer
  /// The weight of each member's cross-entropy.
  private let coefficients: [Double]  // [M]

  /// The configured network, with zero weights, and its optimizer.
  ///
  /// - Throws: `LossConfiguration.MissingMember`.
  init(
    _ configuration: RunConfiguration, workers: Workers, processes: any ProcessGroup,
    sumsExactly: Bool, kernels: Kernels
  ) throws {
    let model = configuration.model
    network = configuration.network(
      workers: workers, processes: processes, sumsExactly: sumsExactly, kernels: kernels)
    optimizer = model.optimizer.optimizer(
      of: network.parameters, l2Penalty: model.loss.l2Penalty, workers: workers)
    coefficients = try model.loss.coefficients(memberCount: configuration.memberCount)
  }

  /// Updates the weights by one batch: forward, loss, backward, and the optimizer's step.
  ///
  /// - Parameters:
  ///   - batch: this process's slice of the batch.
  ///   - batchSize: the number of samples of the whole batch.
  ///   - learningRate: the rate of this step.
  /// - Returns: For each sample of the slice, its part of each member's loss, then 1 if head 0
  ///   classified it correctly and 0 if not.
  func step(on batch: MixMoBatch, batchSize: Int, learningRate: Double) -> [Double] {  // [N, M + 1]
    let logits = network.forward(batch.images, masks: batch.masks)  // [N, M, K]
    let loss = SoftCrossEntropy.evaluate(
      logits, targets: batch.targets, coefficients: coefficients, batchSize: batchSize)
    network.backward(loss.gradient)
    optimizer.step(learningRate: learningRate)

    let (members, classes) = (logits.shape[1], logits.shape[2])
    return (0..<logits.shape[0]).flatMap { sample in
      let isCorrect =
        logits.largestIndex(from: sample * members * classes, count: classes)
        == batch.targets[0].largestIndex(from: sample * classes, count: classes)
      return loss.imageLosses[sample * members..<(sample + 1) * members] + [isCorrect ? 1 : 0]
    }
  }

  /// Restores the weights and the optimizer's state from `checkpoint`, which was read from `url`.
  ///
  /// - Throws: `CheckpointError`, `TrainingError.notResumable`.
  func restore(_ checkpoint: Checkpoint, from url: URL) throws {
    try network.load(checkpoint, named: "classifier_state_dict", for: .training)
    guard let saved = checkpoint.root["classifier_optimizer_state_dict"], optimizer.restore(saved)
    else { throw TrainingError.notResumable(url, missing: "the optimizer's state") }
  }
}
