import Foundation
import Networks
import Tensors
import TestSupport
import Testing

struct FeatureSeparationTests {
  /// What NumPy computed (`Tests/Fixtures/reference/feature_separation.py`).
  private struct Fixture: Decodable {
    struct Weight: Decodable {
      let name: String
      let shape: [Int]
    }

    let seed: UInt64
    let shapes: [Weight]
    let encoderNorms: [[Double]]
    let activeShares: [Double]

    init() throws {
      let url = TestPackage.url.appending(path: "Tests/Fixtures/feature-separation.json")
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      self = try decoder.decode(Self.self, from: Data(contentsOf: url))
    }

    var filters: [FeatureSeparation.Filters] {
      shapes.compactMap { weight in
        let scales = SeededTensor.uniform(
          seed: seed, name: weight.name + " scales", count: weight.shape[0])
        let values = SeededTensor.state(seed: seed, name: weight.name, shape: weight.shape)
        let size = values.count / scales.count
        return FeatureSeparation.Filters(
          weight.name, shape: weight.shape,
          weights: values.enumerated().map { $1 * Float(scales[$0 / size]) })
      }
    }
  }

  @Test func `norms and shares are NumPy's`() throws {
    let fixture = try Fixture()
    let separation = try #require(FeatureSeparation(fixture.filters))
    #expect(separation.encoderNorms.count == 2)
    for (norms, expected) in zip(separation.encoderNorms, fixture.encoderNorms) {
      // 27 terms below 1, added in Double in another order.
      expectClose(norms, expected, absolute: 1e-14)
    }
    // Shares are counts over 24 and 40; their mean of three is rounded in another order.
    expectClose(separation.activeShares, fixture.activeShares, absolute: 1e-15)
    #expect(Set(fixture.activeShares).count == 4)
  }

  @Test func `a filter at the threshold is not above it, and none of zeros is`() throws {
    func filters(_ name: String, _ weights: [Float]) throws -> FeatureSeparation.Filters {
      try #require(
        FeatureSeparation.Filters(name, shape: [weights.count, 1, 1, 1], weights: weights))
    }
    let separation = try #require(
      FeatureSeparation([
        filters("conv1.weight", [1, -2]), filters("layer1.0.conv1.weight", [-8, 4, 3.9, 0]),
        filters("layer1.0.conv2.weight", [0, 0]),
      ]))
    #expect(separation.encoderNorms == [[1, 2]])
    // Of the first layer -8, 4 and 3.9 exceed 0.4 of 8, and -8 alone exceeds 0.5 of it.
    #expect(separation.activeShares == [0.375, 0.375, 0.375, 0.125])
  }

  @Test func `weights without encoders, without a core, or of no convolution`() throws {
    let shape = [2, 1, 1, 1]
    let encoder = try #require(
      FeatureSeparation.Filters("conv1.weight", shape: shape, weights: [1, 2]))
    let core = try #require(FeatureSeparation.Filters("a", shape: shape, weights: [1, 2]))
    #expect(FeatureSeparation([encoder]) == nil)
    #expect(FeatureSeparation([core]) == nil)
    #expect(FeatureSeparation.Filters("fc.weight", shape: [2, 1], weights: [1, 2]) == nil)
    #expect(FeatureSeparation.Filters("a", shape: [0, 1, 1, 1], weights: []) == nil)
    for shape in [[1 << 62, 0, 1, 1], [1 << 62, 1 << 62, 0, 1]] {
      #expect(FeatureSeparation.Filters("conv1.weight", shape: shape, weights: []) == nil)
    }
  }

  @Test func `a network has one row of norms for each subnetwork`() throws {
    let network = MixMoNetwork(
      NetworkConfiguration(name: .wideResNetMixMo, depth: 10, widenFactor: 1), memberCount: 3,
      classCount: 4, workers: Workers(count: 1))
    network.initialize(seed: 5)
    let separation = try #require(network.featureSeparation)
    #expect(separation.encoderNorms.map(\.count) == [16, 16, 16])
    let first = network.parameters[0]
    let filter = first.checkpointValues(of: first.value).prefix(27)
    #expect(separation.encoderNorms[0][0] == filter.reduce(0) { $0 + Double($1.magnitude) })
    // A truncated normal distribution leaves no filter weak.
    #expect(separation.activeShares[0] == 1)
  }
}
