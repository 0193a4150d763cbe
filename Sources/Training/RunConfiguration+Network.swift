import Checkpoints
import Foundation
import Networks
import Tensors

extension RunConfiguration {
  /// The configured network, with zero weights.
  package func network(
    workers: Workers, processes: any ProcessGroup = SoleProcess(), sumsExactly: Bool = false
  ) -> MixMoNetwork {
    MixMoNetwork(
      model.network, memberCount: memberCount, classCount: data.classCount, workers: workers,
      processes: processes, sumsExactly: sumsExactly)
  }

  /// The configured network with the weights of a checkpoint.
  ///
  /// - Throws: `CheckpointError` if the file is damaged or holds another network's weights.
  package func network(loading checkpoint: URL, workers: Workers) throws -> MixMoNetwork {
    let network = network(workers: workers)
    try network.load(Checkpoint(contentsOf: checkpoint).weights())
    return network
  }
}
