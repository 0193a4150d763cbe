import Evaluation
import Formats
import Foundation
import Networks
import Runs
import Tensors
import Training

extension ModelSource {
  /// One of our networks.
  ///
  /// - Parameters:
  ///   - configuration: That of its training.
  ///   - checkpoint: The file of its weights.
  ///   - weights: The name of the weights in the checkpoint, if there is a choice.
  ///   - best: How the checkpoint was chosen among the epochs of its run, where it was.
  ///   - images: What it is evaluated on.
  ///   - kernels: What it computes with.
  ///   - common: The threads, and where is said what stands beside the weights.
  /// - Throws: What writing the configuration throws.
  init(
    _ configuration: RunConfiguration, checkpoint: URL, weights: String? = nil,
    best: BestEpoch? = nil, on images: ImageSource, kernels: Kernels, _ common: CommonOptions
  ) throws {
    self.init(
      classCount: images.dataset.classCount, configuration: try configuration.yaml,
      fingerprint: {
        RunRecord.fingerprint(
          ofFile: try Digest(ofFiles: [checkpoint]).description, weights: weights)
      },
      open: {
        let (network, found) = try configuration.network(
          loading: checkpoint, named: weights, workers: common.workers, kernels: kernels)
        if let omissions = found.omissions {
          common.terminal.warn("\(checkpoint.path): \(omissions)")
        }
        let inference = InferenceNetwork(network)
        return NetworkModel(
          normalization: configuration.data.dataset.normalization,
          threadCount: common.workers.count
        ) { inference.logits($0) }
      })
    inputs = RunRecord.Inputs(
      checkpoint: [checkpoint.relativePath], weights: weights, data: images.paths)
    memberCount = configuration.memberCount
    self.best = best
    productPrecision = kernels.precision
  }
}
