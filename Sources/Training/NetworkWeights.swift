import Checkpoints
import Formats
import Foundation
import Networks
import Tensors

extension RunConfiguration {
  /// The configured network with the weights of a checkpoint.
  ///
  /// - Throws: `CheckpointError` if the file is damaged or holds another network's weights.
  package func network(loading checkpoint: URL, workers: Workers) throws -> MixMoNetwork {
    let network = network(workers: workers)
    try network.load(Checkpoint(contentsOf: checkpoint).weights())
    return network
  }
}

extension MixMoNetwork {
  /// Parameters, running statistics and batch counts under PyTorch's names.
  var stateDictionary: StateDictionary {
    StateDictionary(
      state.map { entry in
        switch entry {
        case .batchCount(let name, let normalization):
          .init(name, CheckpointTensor([], [Int64(normalization.batchCount)]))
        case .parameter, .statistic:
          .init(entry.name, CheckpointTensor(entry.checkpointShape, entry.checkpointValues))
        }
      })
  }

  /// Sets parameters, running statistics and batch counts to those of a checkpoint.
  ///
  /// - Throws: `CheckpointError` that lists the names that are missing, unexpected or of another
  ///   shape.
  package func load(_ weights: StateDictionary) throws {
    let tensors = try weights.tensors(matching: state.map { ($0.name, $0.checkpointShape) })
    for (entry, tensor) in zip(state, tensors) {
      guard case .batchCount(let name, let normalization) = entry else {
        entry.setCheckpointValues(tensor.floats())
        continue
      }
      // Bounded, since a larger count could overflow when training continues.
      guard let count = tensor.integers()?.first, (0...1 << 48).contains(count) else {
        throw CheckpointError(
          file: weights.file, location: name,
          problem: .malformedTensor(expected: "a count of at most 2^48"))
      }
      normalization.batchCount = Int(count)
    }
  }

  /// SHA-256 of the state that a checkpoint holds.
  var fingerprint: String {
    let state = state
    func add(to hasher: borrowing Digest.Hasher) {
      for entry in state {
        switch entry {
        case .parameter(let parameter): hasher.update(parameter.value.values.bytes)
        case .statistic(_, let tensor): hasher.update(tensor.values.bytes)
        case .batchCount(_, let normalization):
          hasher.update(Array("\(normalization.batchCount)".utf8))
        }
      }
    }
    return Digest(adding: add).description
  }

  /// Whether training can continue from the weights and statistics: their squares are finite.
  ///
  /// After a step that diverged the weights may still be finite while the next step's results are
  /// not.
  var isFinite: Bool {
    state.allSatisfy { entry in
      switch entry {
      case .parameter(let parameter): parameter.value.hasFiniteSquares
      case .statistic(_, let tensor): tensor.hasFiniteSquares
      case .batchCount: true
      }
    }
  }
}

extension Tensor {
  fileprivate var hasFiniteSquares: Bool {
    UnsafeBufferPointer(start: elements, count: count).allSatisfy { ($0 * $0).isFinite }
  }
}
