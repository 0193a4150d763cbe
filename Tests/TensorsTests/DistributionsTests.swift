import Foundation
import Tensors
import TestSupport
import Testing

struct DistributionsTests {
  static let count = 100_000
  /// Dvoretzky, Kiefer and Wolfowitz: a true sample strays this far once in 10⁹ tries.
  static let largestDeviation = (log(2e9) / Double(2 * count)).squareRoot()

  struct Reference: Decodable {
    struct Distribution: Decodable {
      let parameters: [Double]
      let percentiles: [Double]
    }
    let gamma: [Distribution]
    let beta: [Distribution]
  }

  static func reference() throws -> Reference {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/distributions.json")
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
  }

  static func expectSample(_ sample: [Double], follows percentiles: [Double], _ name: String) {
    let shares = percentiles.map { limit in
      Double(sample.count { $0 <= limit }) / Double(sample.count)
    }
    expectClose(shares, (1...99).map { Double($0) / 100 }, absolute: largestDeviation, name)
  }

  @Test func `gamma variates follow the percentiles of SciPy`() throws {
    for distribution in try Self.reference().gamma {
      var stream = RandomStream(seed: 1, purpose: "gamma")
      let sample = (0..<Self.count).map { _ in stream.gamma(shape: distribution.parameters[0]) }
      Self.expectSample(sample, follows: distribution.percentiles, "\(distribution.parameters)")
    }
  }

  @Test func `beta variates follow the percentiles of SciPy`() throws {
    for distribution in try Self.reference().beta {
      let (first, second) = (distribution.parameters[0], distribution.parameters[1])
      var stream = RandomStream(seed: 2, purpose: "beta")
      let sample = (0..<Self.count).map { _ in stream.beta(first, second) }
      Self.expectSample(sample, follows: distribution.percentiles, "\(distribution.parameters)")
    }
  }

  @Test func `a part of three Dirichlet parts follows the beta distribution`() throws {
    let beta = try #require(Self.reference().beta.first { $0.parameters == [2, 4] })
    var stream = RandomStream(seed: 3, purpose: "dirichlet")
    let sample = (0..<Self.count).map { _ in stream.dirichlet([2, 2, 2]) }
    for part in 0..<3 {
      Self.expectSample(sample.map { $0[part] }, follows: beta.percentiles, "part \(part)")
    }
    // Three roundings of a number near 1.
    #expect(sample.allSatisfy { abs($0.reduce(0, +) - 1) < 3 * 0x1p-52 })
  }

  @Test(arguments: [Double.leastNonzeroMagnitude, 1e-3, 1e300])
  func `extreme concentrations give proportions`(concentration: Double) {
    var stream = RandomStream(seed: 4, purpose: "extreme")
    for _ in 0..<100 {
      let parts = stream.dirichlet([concentration, concentration])
      #expect(parts.allSatisfy { (0...1).contains($0) })
      expectClose(parts[0] + parts[1], 1, absolute: 0x1p-51)  // two roundings
    }
  }
}
