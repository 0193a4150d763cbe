import Checkpoints
import Formats
import Foundation
import Networks
import Tensors

extension RunConfiguration {
  /// The configured network with the weights of a checkpoint.
  ///
  /// - Parameters:
  ///   - checkpoint: The file.
  ///   - name: The name of the dictionary of weights, if there is a choice.
  ///   - workers: The threads of the network.
  ///   - kernels: What it computes with.
  /// - Returns: The network, and where its weights were found.
  /// - Throws: `CheckpointError` if the file is damaged or holds another network's weights, or weights
  ///   that no network can predict with.
  package func network(
    loading checkpoint: URL, named name: String? = nil, workers: Workers,
    kernels: Kernels = .preferred
  ) throws -> (network: MixMoNetwork, found: FoundWeights) {
    let network = network(workers: workers, kernels: kernels)
    let found = try network.load(
      Checkpoint(contentsOf: checkpoint), named: name, for: .prediction)
    return (network, found)
  }
}

/// What a network's weights are loaded for.
package enum LoadingPurpose {
  /// The weights are shown, whatever they are.
  case inspection
  /// Counts of batches do not matter; weights must be numbers.
  case prediction
  /// Counts of batches must be plausible.
  case training
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
  /// - Parameters:
  ///   - checkpoint: The file's content.
  ///   - name: The name of the dictionary of weights, if there is a choice.
  ///   - purpose: What the weights must be fit for.
  /// - Returns: Where the weights were found.
  /// - Throws: `CheckpointError` that names what is missing, unexpected, of another shape or unfit, or
  ///   the choices where there are several.
  @discardableResult package func load(
    _ checkpoint: Checkpoint, named name: String? = nil, for purpose: LoadingPurpose
  ) throws -> FoundWeights {
    let found = try checkpoint.weights(for: state.map(\.requirement), named: name)
    for entry in state {
      let tensor = found.weights[entry.name]
      let place = (file: checkpoint.file, name: entry.name)
      switch entry {
      case .batchCount(_, let counter):
        counter.batchCount = try Self.batchCount(tensor, purpose, at: place)
      case .parameter, .statistic:
        guard let values = tensor?.floats() else { continue }
        if purpose == .prediction { try entry.check(values, at: place) }
        entry.setCheckpointValues(values)
      }
    }
    return found
  }

  /// The largest count of batches that is read: a larger one could overflow when training continues.
  private static let maximumBatchCount = 0x1p48

  /// The number in a tensor of one element of any type, rounded; 0 if there is none.
  ///
  /// Only what continues a training could come to harm by another number.
  private static func batchCount(
    _ tensor: CheckpointTensor?, _ purpose: LoadingPurpose, at place: (file: String, name: String)
  ) throws -> Int {
    guard let tensor else { return 0 }
    let number = tensor.count == 1 ? tensor.doubles()[0].rounded() : .nan
    if let count = Int(exactly: number), (0...maximumBatchCount).contains(number) { return count }
    guard purpose == .training else { return 0 }
    throw CheckpointError(
      file: place.file, location: place.name,
      problem: .unusableCount(found: tensor.count == 1 ? "\(number)" : "\(tensor.count) numbers"))
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

extension StateEntry {
  /// What the entry takes from a checkpoint.
  fileprivate var requirement: NetworkTensor {
    if case .batchCount(let name, _) = self {
      return NetworkTensor(name, shape: nil, isOptional: true)
    }
    return NetworkTensor(name, shape: checkpointShape)
  }

  /// Makes sure that the values give numbers.
  fileprivate func check(_ values: [Float], at place: (file: String, name: String)) throws {
    guard let index = firstUnusable(in: values) else { return }
    throw CheckpointError(
      file: place.file, location: place.name,
      problem: .unusableWeight(value: values[index], index: index))
  }
}
