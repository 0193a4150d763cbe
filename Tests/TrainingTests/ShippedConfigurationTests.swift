import Datasets
import Foundation
import Loading
import Networks
import Tensors
import TestSupport
import Testing
import Training

/// Every shipped configuration trains: file, network, data loader and optimizer.
@Suite(.serialized)  // One network at a time: the largest takes about 2 GB.
struct ShippedConfigurationTests {
  /// Paths below `config`.
  static let files = RecipeCollection.allCases.flatMap { collection in
    collection.shipped.map { "\(collection.folder)/\($0.name).yaml" }
  }

  @Test func `there are 27 of them`() {
    #expect(Self.files.count == 27)
  }

  @Test(arguments: files)
  func `two steps move every parameter`(file: String) throws {
    let configuration = try RunConfiguration(contentsOf: RecipeTests.config.appending(path: file))
    let workers = Workers(count: 2)
    let network = configuration.network(workers: workers)
    fill(network)
    let start = network.parameters.map(\.fingerprint)
    try takeTwoSteps(configuration, network, workers)
    for (parameter, start) in zip(network.parameters, start) {
      let isFinite = parameter.value.values.allSatisfy { $0.isFinite }
      #expect(parameter.fingerprint != start && isFinite, "\(parameter.name)")
    }
  }

  /// Fills the weights with repeated noise at the scale of the initialization; drawing all of it
  /// would take longer than two training steps.
  private func fill(_ network: MixMoNetwork) {
    var generator = SeededGenerator(seed: 2)
    let noise = (0..<4099).map { _ in Float.random(in: -1...1, using: &generator) }
    for parameter in network.parameters where parameter.value.shape.count > 1 {
      let shape = parameter.value.shape
      let fanIn = parameter.layout == .convolution ? shape[..<3].reduce(1, *) : shape[1]
      let scale = (6 / Float(fanIn)).squareRoot()
      for i in 0..<parameter.value.count { parameter.value[i] = scale * noise[i % noise.count] }
    }
  }

  private func takeTwoSteps(
    _ configuration: RunConfiguration, _ network: MixMoNetwork, _ workers: Workers
  ) throws {
    let model = configuration.model
    let optimizer = model.optimizer.optimizer(
      of: network.parameters, l2Penalty: model.loss.l2Penalty, workers: workers)
    let coefficients = try model.loss.coefficients(memberCount: configuration.memberCount)
    let epoch = try loader(configuration, workers).epoch(1)
    #expect(epoch.count == 2)
    for step in 0..<epoch.count {
      let batch = try epoch.batch(at: step)
      let logits = network.forward(batch.images, masks: batch.masks)
      #expect(logits.shape == [4, configuration.memberCount, configuration.data.classCount])
      let loss = SoftCrossEntropy.evaluate(
        logits, targets: batch.targets, coefficients: coefficients)
      #expect(loss.losses.allSatisfy { $0.isFinite && $0 > 0 })
      network.backward(loss.gradient)
      // The warm-up's first learning rates are too small to change a weight of 1 in Float32.
      optimizer.step(
        learningRate: configuration.learningRate.at(epoch: 1, step: model.warmupSteps + 1 + step))
    }
  }

  /// Two batches of four samples of noise.
  private func loader(
    _ configuration: RunConfiguration, _ workers: Workers
  ) throws -> DataLoader {
    let (kind, training) = (configuration.data.dataset, configuration.training)
    let count = 2 * 4 / training.batchSampler.batchRepetitions
    var generator = SeededGenerator(seed: 1)
    let noise = InMemoryDataset(
      name: kind.rawValue, classCount: kind.classCount, imageSide: kind.imageSide,
      labels: (0..<count).map { $0 * 7 % kind.classCount },
      images: (0..<count).map { _ in
        .init(
          height: kind.imageSide, width: kind.imageSide,
          pixels: (0..<kind.imageSide * kind.imageSide * 3).map { _ in
            .random(in: 0...255, using: &generator)
          })
      })
    let network = configuration.model.network
    return try DataLoader(
      of: noise, kind,
      maskSize: .init(
        height: network.encoderSide, width: network.encoderSide, channels: network.encoderChannels),
      .init(
        wrapper: training.datasetWrapper, sampler: training.batchSampler, batchSize: 4,
        memberCount: configuration.memberCount, epochCount: training.epochCount),
      seed: 1, workers: workers)
  }
}

extension Parameter {
  /// A hash of the elements; copies of them would take too much memory.
  fileprivate var fingerprint: Int {
    var hasher = Hasher()
    hasher.combine(
      bytes: UnsafeRawBufferPointer(UnsafeBufferPointer(start: value.elements, count: value.count)))
    return hasher.finalize()
  }
}
