import Checkpoints
import Foundation
import Networks
import Tensors

/// A training between two steps, as a checkpoint holds it.
///
/// Random draws are a function of seed, epoch and step: the seed and the numbers of epochs and
/// steps are all of the random state.
struct TrainingState: Equatable {
  let seed: UInt64
  /// SHA-256 of the training images and labels.
  let dataFingerprint: String
  /// Whether sums over a batch are the same bits for any number of processes.
  let sumsExactly: Bool
  /// One for each finished epoch.
  var records: [EpochRecord]
  /// Of an epoch that was begun.
  var progress: EpochProgress?

  /// How many epochs are finished.
  var epoch: Int { records.count }
}

extension TrainingState {
  private static let key: CheckpointKey = "mixmo"
  private static let formatVersion = 2

  /// The checkpoint of a network and its optimizer in this state: what PyTorch users expect of
  /// MixMo, and a `mixmo` entry of our own.
  func checkpoint(
    _ network: MixMoNetwork, _ optimizer: any Optimizer, learningRate: Double
  ) -> Checkpoint {
    let own: CheckpointValue = [
      "format": .int(Self.formatVersion),
      "seed": .string("\(seed)"),
      "data": .string(dataFingerprint),
      "exact_sums": .bool(sumsExactly),
      "records": .list(records.map(\.checkpointValue)),
      "progress": progress?.checkpointValue ?? CheckpointValue.none,
    ]
    return Checkpoint([
      "epoch": .int(epoch),
      "classifier_state_dict": network.stateDictionary.value,
      "classifier_optimizer_state_dict": optimizer.stateDictionary(
        learningRate: learningRate),
      Self.key: own,
    ])
  }

  /// Reads the state from a checkpoint of ours, and puts network and optimizer into it.
  ///
  /// An epoch has `batchCount` steps.
  ///
  /// - Throws: `CheckpointError`, `TrainingError.notResumable`.
  static func restore(
    _ checkpoint: Checkpoint, from url: URL, _ network: MixMoNetwork,
    _ optimizer: any Optimizer, batchCount: Int, sumsExactly: Bool
  ) throws -> TrainingState {
    guard let own = checkpoint.root[key], case .int(formatVersion)? = own["format"],
      case .string(let seed)? = own["seed"], let seed = UInt64(seed),
      case .string(let data)? = own["data"], case .list(let records)? = own["records"],
      case .bool(let sumsExactly) = own["exact_sums"] ?? CheckpointValue.bool(sumsExactly)
    else { throw TrainingError.notResumable(url, missing: "the progress of a run") }
    let read = records.compactMap(EpochRecord.init)
    let memberCount = network.memberCount
    guard read.count == records.count,
      read.enumerated().allSatisfy({
        $1.epoch == $0 + 1 && $1.memberLosses.count == memberCount
      })
    else { throw TrainingError.notResumable(url, missing: "a record for each epoch") }
    let progress = own["progress"].flatMap(EpochProgress.init)
    guard
      progress.map({ $0.lossSums.count == memberCount && $0.stepCount <= batchCount })
        ?? (own["progress"] == CheckpointValue.none)
    else {
      throw TrainingError.notResumable(url, missing: "the progress of its epoch")
    }
    try network.load(checkpoint.weights())
    guard let saved = checkpoint.root["classifier_optimizer_state_dict"],
      optimizer.restore(saved)
    else { throw TrainingError.notResumable(url, missing: "the optimizer's state") }
    return TrainingState(
      seed: seed, dataFingerprint: data, sumsExactly: sumsExactly, records: read,
      progress: progress)
  }
}

extension EpochRecord {
  fileprivate var checkpointValue: CheckpointValue {
    [
      "epoch": .int(epoch), "train_accuracy": .double(trainAccuracy),
      "member_losses": .list(memberLosses.map(CheckpointValue.double)),
      "learning_rate": .double(learningRate),
      "test": .dictionary(
        test.figures.map {
          CheckpointItem(
            .string($0.name), $0.value.map(CheckpointValue.double) ?? CheckpointValue.none)
        }),
      "checkpoint_saved": .bool(isCheckpointSaved),
    ]
  }

  fileprivate init?(_ value: CheckpointValue) {
    guard case .int(let epoch)? = value["epoch"],
      case .double(let trainAccuracy)? = value["train_accuracy"],
      let memberLosses = value["member_losses"]?.doubles,
      case .double(let learningRate)? = value["learning_rate"],
      let test = value["test"]?.items.flatMap(TestScores.init(checkpointItems:)),
      case .bool(let isCheckpointSaved)? = value["checkpoint_saved"]
    else { return nil }
    self.init(
      epoch: epoch, trainAccuracy: trainAccuracy, memberLosses: memberLosses,
      learningRate: learningRate, test: test, isCheckpointSaved: isCheckpointSaved)
  }
}

extension TestScores {
  fileprivate init?(checkpointItems items: [CheckpointItem]) {
    let figures = items.compactMap { item -> Figure? in
      switch (item.key, item.value) {
      case (.string(let name), .double(let value)): Figure(name: name, value: value)
      case (.string(let name), CheckpointValue.none): Figure(name: name, value: nil)
      default: nil
      }
    }
    guard figures.count == items.count else { return nil }
    self.init(figures: figures)
  }
}

extension EpochProgress {
  fileprivate var checkpointValue: CheckpointValue {
    [
      "steps": .int(stepCount), "loss_sums": .list(lossSums.map(CheckpointValue.double)),
      "images": .int(imageCount), "right": .int(rightCount),
    ]
  }

  fileprivate init?(_ value: CheckpointValue) {
    guard case .int(let stepCount)? = value["steps"], stepCount > 0,
      let lossSums = value["loss_sums"]?.doubles, case .int(let imageCount)? = value["images"],
      case .int(let rightCount)? = value["right"], (0...1 << 48).contains(imageCount),
      (0...imageCount).contains(rightCount)
    else { return nil }
    self.init(memberCount: lossSums.count)
    (self.stepCount, self.lossSums) = (stepCount, lossSums)
    (self.imageCount, self.rightCount) = (imageCount, rightCount)
  }
}

extension CheckpointValue {
  /// The numbers of a list of numbers, else nil.
  fileprivate var doubles: [Double]? {
    guard case .list(let values) = self else { return nil }
    let numbers = values.compactMap { if case .double(let number) = $0 { number } else { nil } }
    return numbers.count == values.count ? numbers : nil
  }
}

extension MixMoNetwork {
  /// Whether a training can go on from the weights and statistics: their squares are finite.
  ///
  /// What a step blew up may be finite itself; what the next one computes of it is not.
  var isFinite: Bool {
    state.allSatisfy { entry in
      switch entry {
      case .parameter(let parameter): parameter.value.hasFiniteSquares
      case .statistic(_, let tensor): tensor.hasFiniteSquares
      case .batchCount: true
      }
    }
  }

  /// Parameters, running statistics and counts under PyTorch's names.
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

  /// Takes over the weights of a checkpoint.
  ///
  /// - Throws: `CheckpointError` that lists the names that are missing, not expected or of another
  ///   shape.
  package func load(_ weights: StateDictionary) throws {
    let tensors = try weights.tensors(matching: state.map { ($0.name, $0.checkpointShape) })
    for (entry, tensor) in zip(state, tensors) {
      guard case .batchCount(let name, let normalization) = entry else {
        entry.setCheckpointValues(tensor.floats())
        continue
      }
      // More batches than any run has; counting on must not overflow.
      guard let count = tensor.integers()?.first, (0...1 << 48).contains(count) else {
        throw CheckpointError(
          file: weights.file, place: name,
          problem: .malformedTensor(expected: "a count of at most 2^48"))
      }
      normalization.batchCount = Int(count)
    }
  }
}

extension Tensor {
  fileprivate var hasFiniteSquares: Bool {
    UnsafeBufferPointer(start: elements, count: count).allSatisfy { ($0 * $0).isFinite }
  }
}
