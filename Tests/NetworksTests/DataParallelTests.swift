// N batch, M subnetworks, K classes.

import Networks
import Synchronization
import Tensors
import TestSupport
import Testing

/// A batch that several processes share, against the same batch in one.
struct DataParallelTests {
  private static let batch = 7
  private static let members = 2
  private static let classes = 5

  private struct Outcome: Sendable {
    let loss: Double
    /// The gradient of every parameter, and every running statistic, by name.
    let values: [String: [Float]]
  }

  private static func tensor(_ shape: [Int], _ purpose: String, _ minor: Int) -> Tensor {
    let tensor = Tensor(shape)
    var stream = RandomStream(seed: 4, purpose: purpose, minor: minor)
    for i in 0..<tensor.count { tensor[i] = Float(stream.nextUniform()) - 0.3 }
    return tensor
  }

  private static func slice(_ tensor: Tensor, _ rows: Range<Int>) -> Tensor {
    let size = tensor.count / tensor.shape[0]
    return Tensor(
      [rows.count] + tensor.shape.dropFirst(),
      Array(tensor.values[rows.lowerBound * size..<rows.upperBound * size]))
  }

  /// The smallest network with every kind of layer.
  private static func configuration(_ name: NetworkConfiguration.Name) -> NetworkConfiguration {
    NetworkConfiguration(name: name, depth: name == .wideResNetMixMo ? 10 : 18, widenFactor: 1)
  }

  /// One step of training on this process's slice.
  private static func step(
    _ configuration: NetworkConfiguration, _ processes: any ProcessGroup, sumsExactly: Bool = false,
    threads: Int = 1, seed: UInt64 = 9
  ) -> Outcome {
    let network = MixMoNetwork(
      configuration, memberCount: members, classCount: classes, workers: Workers(count: threads),
      processes: processes, sumsExactly: sumsExactly)
    network.initialize(seed: seed)
    let slice = processes.slice(
      of: batch, inGroupsOf: sumsExactly ? MixMoNetwork.groupSize : 1)
    let (side, encoderSide) = (configuration.imageSide, configuration.encoderSide)
    func slices(_ shape: [Int], _ purpose: String) -> [Tensor] {
      (0..<members).map { Self.slice(tensor([batch] + shape, purpose, $0), slice) }
    }
    let logits = network.forward(
      slices([side, side, 3], "images"), masks: slices([encoderSide, encoderSide], "masks"))
    let loss = SoftCrossEntropy.evaluate(
      logits, targets: slices([classes], "targets"), batchSize: batch)
    network.backward(loss.gradient)
    var values: [String: [Float]] = [:]
    for entry in network.state {
      switch entry {
      case .parameter(let parameter): values[entry.name] = parameter.gradient.values
      case .statistic(_, let tensor): values[entry.name] = tensor.values
      case .batchCount: break
      }
    }
    let sums = processes.exactSums(ofRows: loss.imageLosses, columns: members)
    return Outcome(loss: sums.reduce(0, +), values: values)
  }

  // Seven processes have one image each. The residual network's largest gradients fill a bucket
  // alone.
  @Test(arguments: [
    NetworkConfiguration.Name.wideResNetMixMo, .resNetMixMo,
  ])
  func `loss, gradients and statistics are those of one process`(
    name: NetworkConfiguration.Name
  ) throws {
    let configuration = Self.configuration(name)
    let whole = Self.step(configuration, SoleProcess())
    for count in [2, 3, 7] {
      let parts = try ThreadProcesses.run(count) { Self.step(configuration, $0) }
      for part in parts { #expect(part.values == parts[0].values) }
      try Self.expectClose(parts[0], whole)
    }
  }

  @Test(
    .enabled(if: Kernels.preferred.rowsAreIndependent),
    arguments: [NetworkConfiguration.Name.wideResNetMixMo, .resNetMixMo])
  func `exact sums are the same bits in any number of processes`(
    name: NetworkConfiguration.Name
  ) throws {
    let configuration = Self.configuration(name)
    // With this seed no rounding changes the sign of a ReLU's input.
    let seed: UInt64 = 1
    let whole = Self.step(configuration, SoleProcess(), sumsExactly: true, threads: 2, seed: seed)
    let parts = try ThreadProcesses.run(2) {
      Self.step(configuration, $0, sumsExactly: true, seed: seed)
    }
    for part in parts {
      #expect(part.loss == whole.loss)
      for (name, expected) in whole.values { #expect(part.values[name] == expected, "\(name)") }
    }
    try Self.expectClose(whole, Self.step(configuration, SoleProcess(), seed: seed))
  }

  private static func expectClose(_ found: Outcome, _ whole: Outcome) throws {
    // In float32 the logits, of magnitude 1, are computed to some 1e-6.
    #expect(abs(found.loss - whole.loss) < 1e-5)
    for (name, expected) in whole.values {
      let found = try #require(found.values[name])
      let difference = zip(expected, found).reduce(0) {
        $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
      }
      let norm = expected.reduce(0) { $0 + Double($1) * Double($1) }
      // PyTorch's float32 gradients of these networks differ from float64's by up to 2e-5 of their
      // norms. A ReLU's input whose sign a rounding changes would cost more; there is none here.
      #expect(difference.squareRoot() <= 1e-4 * norm.squareRoot(), "\(name)")
    }
  }
}
