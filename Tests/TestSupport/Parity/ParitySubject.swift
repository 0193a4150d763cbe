// N batch, H height, W width, K classes, M members; h, w the size of the encoders' output.

import Networks
import Tensors
import Testing

/// One network with the fixture's weights and training batch.
package struct ParitySubject {
  package let fixture: ParityFixture
  package let network: MixMoNetwork
  package let images: [Tensor]  // M of [N, H, W, 3]
  package let masks: [Tensor]  // M of [N, h, w]
  package let targets: [Tensor]  // M of [N, K]

  package init(
    _ fixture: ParityFixture, threads: Int = 2, kernels: Kernels = .preferred
  ) throws {
    self.fixture = fixture
    let (members, count) = (fixture.network.members, fixture.training.count)
    let isWide = fixture.network.architecture == .wideResNet
    let networkName: NetworkConfiguration.Name =
      isWide
      ? (members > 1 ? .wideResNetMixMo : .wideResNet) : (members > 1 ? .resNetMixMo : .resNet)
    network = MixMoNetwork(
      NetworkConfiguration(
        name: networkName, depth: fixture.network.depth,
        widenFactor: fixture.network.widenFactor),
      memberCount: members, classCount: fixture.network.classes,
      workers: Workers(count: threads), kernels: kernels)
    let records = Dictionary(uniqueKeysWithValues: fixture.state.map { ($0.name, $0) })
    for entry in network.state {
      if case .batchCount = entry { continue }
      let record = try #require(records[entry.name], "\(entry.name) is not PyTorch's")
      try #require(record.shape == entry.checkpointShape, "\(entry.name)")
      entry.setCheckpointValues(fixture.stateTensor(record))
    }
    let side = fixture.imageSize
    images = (0..<members).map {
      Tensor([count, side, side, 3], fixture.trainingPixels(member: $0))
    }
    func split(_ values: [Float], _ shape: [Int]) -> [Tensor] {
      let size = shape.reduce(1, *)
      return (0..<members).map { Tensor(shape, Array(values[$0 * size..<($0 + 1) * size])) }
    }
    let encoded = [count, fixture.encodedSize, fixture.encodedSize]
    masks = fixture.masks().map { split($0, encoded) } ?? []
    targets = split(fixture.targets(), [count, fixture.network.classes])
  }

  /// One forward and backward pass; returns the logits and the loss.
  package func step() -> (logits: Tensor, loss: Double) {
    let logits = network.forward(images, masks: masks)
    let loss = SoftCrossEntropy.evaluate(logits, targets: targets)
    network.backward(loss.gradient)
    return (logits, loss.losses.reduce(0, +))
  }
}
