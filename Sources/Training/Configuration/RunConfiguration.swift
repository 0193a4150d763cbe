import Datasets
import Formats
import Foundation
import Loading
import Networks
import Optimization
import Tensors
import Yams

/// The configuration of one run in the reference's schema: everything that decides what is trained,
/// except for the seed.
package struct RunConfiguration: Codable, Sendable, Equatable {
  package struct Data: Codable, Sendable, Equatable {
    package let dataset: DatasetKind
    package let classCount: Int

    package enum CodingKeys: String, CodingKey, CaseIterable {
      case dataset
      case classCount = "num_classes"
    }
  }

  package struct Training: Codable, Sendable, Equatable {
    package let epochCount: Int
    package let batchSize: Int
    package let datasetWrapper: DatasetWrapperConfiguration
    package let batchSampler: BatchSamplerConfiguration

    package enum CodingKeys: String, CodingKey, CaseIterable {
      case epochCount = "nb_epochs"
      case batchSize = "batch_size"
      case datasetWrapper = "dataset_wrapper"
      case batchSampler = "batch_sampler"
    }
  }

  package struct Model: Codable, Sendable, Equatable {
    package let name: String
    package let network: NetworkConfiguration
    package let loss: LossConfiguration
    /// Names of metrics; all metrics are computed, whatever is listed.
    package let metrics: [String]
    package let metricsOnlyTest: [String]
    package let optimizer: OptimizerConfiguration
    package let warmupSteps: Int
    package let schedule: ScheduleConfiguration

    package enum CodingKeys: String, CodingKey, CaseIterable {
      case name, network, loss, metrics
      case metricsOnlyTest = "metrics_only_test"
      case optimizer
      case warmupSteps = "warmup_period"
      case schedule = "lr_schedule"
    }
  }

  package let memberCount: Int
  /// How many of the training images are kept for validation, at least 1; nil for none, as in the
  /// reference.
  package var validationCount: Int?
  package let data: Data
  package let training: Training
  package let model: Model

  package enum CodingKeys: String, CodingKey, CaseIterable {
    case memberCount = "num_members"
    case validationCount = "validation"
    case data, training
    case model = "model_wrapper"
  }

  /// A larger part for validation is taken for a mistake.
  package static let maximumValidationCount = 1_000_000_000

  /// Reads and checks a configuration file.
  ///
  /// - Throws: `FileError`, `ConfigurationError` naming file, line and key, or
  ///   `RunConfigurationError`.
  package init(contentsOf url: URL) throws {
    try self.init(ConfigurationFile(contentsOf: url), url)
  }

  /// The configuration `yaml` as this version writes it, with every default written out; `yaml`
  /// itself if it is no configuration.
  package static func migrated(_ yaml: String) -> String {
    (try? Self(yaml: yaml)?.yaml) ?? yaml
  }

  /// The configuration that `yaml` is; nil if it is none.
  init?(yaml: String) {
    let url = URL(fileURLWithPath: "config.yaml")
    guard let configuration = try? Self(ConfigurationFile(text: yaml, url: url), url) else {
      return nil
    }
    self = configuration
  }

  private init(_ file: ConfigurationFile, _ url: URL) throws {
    self = try file.decode()
    do {
      try validate()
    } catch {
      throw RunConfigurationError(file: url, problem: error)
    }
  }

  /// Checks that parts which are valid on their own are valid together.
  private func validate() throws(RunConfigurationError.Problem) {
    let kind = data.dataset
    guard data.classCount == kind.classCount else {
      throw .wrongClassCount(kind, found: data.classCount)
    }
    let network = model.network
    guard network.imageSide == kind.imageSide else {
      throw .wrongImageSide(kind, network)
    }
    guard network.hasSeveralMembers == (memberCount > 1) else {
      throw .wrongMemberCount(network, found: memberCount)
    }
    do {
      _ = try model.loss.coefficients(memberCount: memberCount)
    } catch {
      throw .termOfMissingMember(error)
    }
  }

  /// The network that is trained, with zero weights.
  package func network(
    workers: Workers, processes: any ProcessGroup = SoleProcess(), sumsExactly: Bool = false,
    kernels: Kernels = .preferred
  ) -> MixMoNetwork {
    MixMoNetwork(
      model.network, memberCount: memberCount, classCount: data.classCount, workers: workers,
      processes: processes, sumsExactly: sumsExactly, kernels: kernels)
  }

  /// The images of `train` that are trained on, and those that are kept for validation.
  ///
  /// - Throws: `LoadingError.tooFewImages`.
  package func images(
    of train: any Dataset, seed: UInt64
  ) throws -> (training: any Dataset, validation: (any Dataset)?) {
    guard let validationCount else { return (train, nil) }
    let split = try ValidationSplit(of: train, keeping: validationCount, seed: seed)
    return (split.training, split.validation)
  }

  /// The batches of a run on the images of `train`.
  ///
  /// - Throws: `LoadingError` if they do not fill a batch or a mixing method is impossible.
  func dataLoader(of train: any Dataset, seed: UInt64, workers: Workers) throws -> DataLoader {
    let network = model.network
    do {
      return try DataLoader(
        of: train, data.dataset,
        maskSize: .init(
          height: network.encoderSide, width: network.encoderSide,
          channels: network.encoderChannels),
        .init(
          wrapper: training.datasetWrapper, sampler: training.batchSampler,
          batchSize: training.batchSize, memberCount: memberCount,
          epochCount: training.epochCount), seed: seed, workers: workers)
    } catch LoadingError.tooFewImages(let dataset, let purpose, let expected, let found) {
      let others = validationCount.map { " beside \($0) validation images" } ?? ""
      throw LoadingError.tooFewImages(
        dataset: dataset, purpose: purpose + others, expected: expected, found: found)
    }
  }

  /// The learning rate of each epoch and step.
  package var learningRate: LearningRate {
    LearningRate(
      base: model.optimizer.learningRate, warmupSteps: model.warmupSteps,
      factorAtMilestone: model.schedule.parameters.factorAtMilestone)
  }

  /// The configuration as YAML, with every default written out and keys in alphabetical order.
  package var yaml: String {
    get throws {
      let encoder = YAMLEncoder()
      encoder.options.sortKeys = true
      guard let node = try Yams.compose(yaml: encoder.encode(self)) else { return "" }
      return try Yams.serialize(node: node.withPlainNumbers)
    }
  }
}

extension Node {
  /// The node with decimal numbers: Yams writes 0.01 as 1e-2, which Python's YAML reads as text.
  fileprivate var withPlainNumbers: Node {
    switch self {
    case .mapping(let mapping):
      return Node(mapping.map { ($0.key, $0.value.withPlainNumbers) }, mapping.tag, mapping.style)
    case .sequence(let sequence):
      return Node(sequence.map(\.withPlainNumbers), sequence.tag, sequence.style)
    case .scalar(let scalar) where scalar.style == .any || scalar.style == .plain:
      guard scalar.string.contains("e"), let number = Double(scalar.string) else { return self }
      let text = "\(number)"
      return Node(text.contains(".") ? text : text.replacing("e", with: ".0e"))
    default:
      return self
    }
  }
}

extension RunConfiguration {
  package init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    memberCount = try keys.decode(.memberCount, in: 1...16)
    let validationCount = try keys.decode(
      .validationCount, in: 0...Self.maximumValidationCount, absent: 0)
    self.validationCount = validationCount > 0 ? validationCount : nil
    data = try keys.decode(Data.self, forKey: .data)
    training = try keys.decode(Training.self, forKey: .training)
    model = try keys.decode(Model.self, forKey: .model)
  }
}

extension RunConfiguration.Data {
  package init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    dataset = try keys.decodeCase(DatasetKind.self, .dataset, usual: DatasetKind.trained)
    classCount = try keys.decode(.classCount, in: 1...)
  }
}

extension RunConfiguration.Training {
  package init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    epochCount = try keys.decode(.epochCount, in: 1...1_000_000)
    batchSize = try keys.decode(.batchSize, in: 1...1_000_000)
    datasetWrapper = try keys.decode(DatasetWrapperConfiguration.self, forKey: .datasetWrapper)
    batchSampler = try keys.decode(BatchSamplerConfiguration.self, forKey: .batchSampler)
  }
}

extension RunConfiguration.Model {
  package init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    name = try keys.decode(String.self, forKey: .name)
    guard name == "classifier" else {
      throw keys.corrupted(.name, "expected classifier, found \"\(name)\"")
    }
    network = try keys.decode(NetworkConfiguration.self, forKey: .network)
    loss = try keys.decode(LossConfiguration.self, forKey: .loss)
    metrics = try keys.decodeUnlessNone([String].self, .metrics) ?? []
    metricsOnlyTest = try keys.decodeUnlessNone([String].self, .metricsOnlyTest) ?? []
    optimizer = try keys.decode(OptimizerConfiguration.self, forKey: .optimizer)
    warmupSteps = try keys.decode(.warmupSteps, in: 0..., absent: 0)
    schedule = try keys.decode(ScheduleConfiguration.self, forKey: .schedule)
  }
}
