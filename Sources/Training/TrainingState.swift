import Checkpoints
import Foundation
import Runs
import Tensors

/// The state of a training between two steps, except for the weights and the optimizer's state.
///
/// Random draws are a function of seed, epoch and step, so that these are the whole random state.
struct TrainingState: Equatable {
  let seed: UInt64
  /// SHA-256 of the images and labels that are trained on.
  let dataFingerprint: String
  /// The number of training images that are kept for validation; nil for none.
  let validationCount: Int?
  /// Whether sums over a batch have the same bits for any number of processes.
  let sumsExactly: Bool
  /// The precision that the network computes with.
  let precision: Precision
  /// One for each finished epoch.
  var records: [EpochRecord] = []
  /// The progress within the next epoch; nil between epochs.
  var progress: EpochProgress?

  /// The number of finished epochs.
  var epoch: Int { records.count }

  /// Whether the checkpoint of the next epoch is kept, as in the reference: it has the best test accuracy,
  /// or validation accuracy, so far, or the interval has passed.
  func isKept(epoch: Int, accuracy: Double) -> Bool {
    let best = records.map(\.choosingAccuracy).max() ?? 0
    return accuracy >= best || epoch.isMultiple(of: EpochRecord.keptEvery)
  }
}

/// Sums over the steps of an epoch.
struct EpochProgress: Equatable {
  /// The number of steps taken.
  var stepCount = 0
  /// The sums over steps of each member's weighted cross-entropy.
  var lossSums: [Double]  // [M]
  /// The number of images seen.
  var imageCount = 0
  /// The number of images that head 0 classified correctly.
  var correctCount = 0

  init(memberCount: Int) {
    lossSums = [Double](repeating: 0, count: memberCount)
  }

  /// The accuracy of head 0.
  var accuracy: Double { imageCount > 0 ? Double(correctCount) / Double(imageCount) : 0 }

  /// The mean over steps of each member's weighted cross-entropy.
  var losses: [Double] { lossSums.map { $0 / Double(max(stepCount, 1)) } }  // [M]

  /// Adds one step.
  mutating func add(losses: [Double], imageCount: Int, correctCount: Int) {
    stepCount += 1
    for (member, loss) in losses.enumerated() { lossSums[member] += loss }
    self.imageCount += imageCount
    self.correctCount += correctCount
  }
}

// MARK: Checkpoints

extension TrainingState {
  static let key: CheckpointKey = "mixmo"
  private static let formatVersion = 2
  static let validationKey: CheckpointKey = "validation"
  private static let precisionKey: CheckpointKey = "precision"

  /// The checkpoint of this state and of `learner`: the entries that MixMo's users expect from
  /// PyTorch, and a `mixmo` entry of our own.
  func checkpoint(of learner: Learner, learningRate: Double) -> Checkpoint {
    var own: [CheckpointItem] = [
      CheckpointItem("format", .int(Self.formatVersion)),
      CheckpointItem("seed", .string("\(seed)")),
      CheckpointItem("data", .string(dataFingerprint)),
      CheckpointItem("exact_sums", .bool(sumsExactly)),
      CheckpointItem("records", .list(records.map(\.checkpointValue))),
      CheckpointItem("progress", progress?.checkpointValue ?? CheckpointValue.none),
    ]
    if let validationCount {
      own.append(CheckpointItem(Self.validationKey, .int(validationCount)))
    }
    if precision != .highest {
      own.append(CheckpointItem(Self.precisionKey, .string(precision.rawValue)))
    }
    return Checkpoint([
      "epoch": .int(epoch),
      "classifier_state_dict": learner.network.stateDictionary.value,
      "classifier_optimizer_state_dict": learner.optimizer.stateDictionary(
        learningRate: learningRate),
      Self.key: .dictionary(own),
    ])
  }

  /// Reads the state from the `mixmo` entry of `checkpoint`, which was read from `url`.
  ///
  /// The run has `memberCount` members and epochs of `batchCount` steps; `sumsExactly` applies to
  /// checkpoints that do not say how they sum.
  ///
  /// - Throws: `TrainingError.notResumable`.
  init(
    _ checkpoint: Checkpoint, from url: URL, memberCount: Int, batchCount: Int, sumsExactly: Bool
  ) throws {
    guard let own = checkpoint.root[Self.key], case .int(Self.formatVersion)? = own["format"],
      case .string(let seed)? = own["seed"], let seed = UInt64(seed),
      case .string(let data)? = own["data"], case .list(let records)? = own["records"],
      case .bool(let sumsExactly) = own["exact_sums"] ?? CheckpointValue.bool(sumsExactly),
      case .int(let validationCount) = own[Self.validationKey] ?? 0, validationCount >= 0,
      case .string(let word) = own[Self.precisionKey]
        ?? CheckpointValue.string(Precision.highest.rawValue),
      let precision = Precision(rawValue: word)
    else { throw TrainingError.notResumable(url, missing: "the progress of a run") }
    let read = records.compactMap(EpochRecord.init)
    guard read.count == records.count,
      read.enumerated().allSatisfy({
        $1.epoch == $0 + 1 && $1.memberLosses.count == memberCount
          && ($1.validation != nil) == (validationCount > 0)
      })
    else { throw TrainingError.notResumable(url, missing: "a record for each epoch") }
    let progress = own["progress"].flatMap(EpochProgress.init)
    guard
      progress.map({ $0.lossSums.count == memberCount && $0.stepCount <= batchCount })
        ?? (own["progress"] == CheckpointValue.none)
    else {
      throw TrainingError.notResumable(url, missing: "the progress of its epoch")
    }
    self.init(
      seed: seed, dataFingerprint: data,
      validationCount: validationCount > 0 ? validationCount : nil, sumsExactly: sumsExactly,
      precision: precision, records: read, progress: progress)
  }
}

extension EpochRecord {
  fileprivate var checkpointValue: CheckpointValue {
    var items: [CheckpointItem] = [
      CheckpointItem("epoch", .int(epoch)),
      CheckpointItem("train_accuracy", .double(trainAccuracy)),
      CheckpointItem("member_losses", .list(memberLosses.map(CheckpointValue.double))),
      CheckpointItem("learning_rate", .double(learningRate)),
      CheckpointItem("test", test.checkpointValue),
      CheckpointItem("checkpoint_saved", .bool(isCheckpointSaved)),
    ]
    if let validation { items.append(CheckpointItem("validation", validation.checkpointValue)) }
    return .dictionary(items)
  }

  fileprivate init?(_ value: CheckpointValue) {
    guard case .int(let epoch)? = value["epoch"],
      case .double(let trainAccuracy)? = value["train_accuracy"],
      let memberLosses = value["member_losses"]?.doubles,
      case .double(let learningRate)? = value["learning_rate"],
      let test = value["test"].flatMap({ EpochScores($0) }),
      case .bool(let isCheckpointSaved)? = value["checkpoint_saved"]
    else { return nil }
    let validation = value["validation"].map { EpochScores($0) }
    if case .some(nil) = validation { return nil }
    self.init(
      epoch: epoch, trainAccuracy: trainAccuracy, memberLosses: memberLosses,
      learningRate: learningRate, test: test, validation: validation ?? nil,
      isCheckpointSaved: isCheckpointSaved)
  }
}

extension EpochScores {
  fileprivate var checkpointValue: CheckpointValue {
    .dictionary(
      values.map {
        CheckpointItem(
          .string($0.name), $0.value.map(CheckpointValue.double) ?? CheckpointValue.none)
      })
  }

  fileprivate init?(_ value: CheckpointValue) {
    guard let items = value.items else { return nil }
    let values = items.compactMap { item -> Score? in
      switch (item.key, item.value) {
      case (.string(let name), .double(let value)): Score(name: name, value: value)
      case (.string(let name), CheckpointValue.none): Score(name: name, value: nil)
      default: nil
      }
    }
    guard values.count == items.count else { return nil }
    self.init(values: values)
  }
}

extension EpochProgress {
  fileprivate var checkpointValue: CheckpointValue {
    [
      "steps": .int(stepCount), "loss_sums": .list(lossSums.map(CheckpointValue.double)),
      "images": .int(imageCount), "right": .int(correctCount),
    ]
  }

  fileprivate init?(_ value: CheckpointValue) {
    guard case .int(let stepCount)? = value["steps"], stepCount > 0,
      let lossSums = value["loss_sums"]?.doubles, case .int(let imageCount)? = value["images"],
      case .int(let correctCount)? = value["right"], (0...1 << 48).contains(imageCount),
      (0...imageCount).contains(correctCount)
    else { return nil }
    self.init(memberCount: lossSums.count)
    (self.stepCount, self.lossSums) = (stepCount, lossSums)
    (self.imageCount, self.correctCount) = (imageCount, correctCount)
  }
}

extension CheckpointValue {
  /// The numbers of a list of numbers; nil if it is anything else.
  fileprivate var doubles: [Double]? {
    guard case .list(let values) = self else { return nil }
    let numbers = values.compactMap { if case .double(let number) = $0 { number } else { nil } }
    return numbers.count == values.count ? numbers : nil
  }
}
