import Foundation
import Loading
import Tensors
import TestSupport
import Testing

struct MixMoMixerTests {
  static let size = MixingMask.Size(height: 32, width: 32, channels: 16)

  static func mixer(
    _ method: MixingMethod? = .cutmix, probability: Double = 0.5,
    replacement: MixingMethod = .mixup,
    alpha: Double = 2, members: Int = 2, size: MixingMask.Size = size, epochs: Int = 12,
    seed: UInt64 = 1
  ) throws -> MixMoMixer {
    let configuration = MixMoConfiguration(
      mixMethod: .init(method: method, probability: probability, replacement: replacement),
      alpha: alpha)
    return try MixMoMixer(
      configuration, memberCount: members, size: size, epochCount: epochs, seed: seed)
  }

  @Test(arguments: [1, 10, 12, 24, 300, 1200])
  func `the method's probability falls to 0 in the last twelfth`(epochs: Int) {
    let method = MixMoConfiguration.MixMethod(method: .cutmix, probability: 0.5)
    let probabilities = (1...epochs).map { method.probability(epoch: $0, of: epochs) }
    let expected = (1...epochs).map { 0.5 * min(1, Double(12 * (epochs - $0)) / Double(epochs)) }
    // A few roundings of numbers below 1, divided by a twelfth.
    expectClose(probabilities, expected, absolute: 1e-14)
  }

  @Test func `one draw a batch chooses the method`() throws {
    let mixer = try Self.mixer(probability: 0.3, epochs: 24)
    func share(_ epoch: Int) -> Double {
      Double((0..<4000).count { mixer.batchMixer(epoch: epoch, step: $0).method == .cutmix }) / 4000
    }
    // Five standard errors, √(0.3·0.7/4000) or less each.
    for epoch in [1, 11, 21, 22] { expectClose(share(epoch), 0.3, absolute: 5 * 0.0073) }
    expectClose(share(23), 0.15, absolute: 5 * 0.0073)
    #expect(share(24) == 0)
  }

  @Test func `all samples of a batch have its method`() throws {
    let mixer = try Self.mixer(probability: 0.5)
    let batches = (0..<20).map { mixer.batchMixer(epoch: 1, step: $0) }
    #expect(Set(batches.map(\.method)) == [.cutmix, .mixup])
    for batch in batches {
      for sample in 0..<16 {
        let values = Set(batch.mixing(ofSample: sample).masks[0].values)
        #expect(batch.method == .cutmix ? values.isSubset(of: [0, 1]) : values.count == 1)
      }
    }
  }

  @Test(arguments: [2, 3])
  func `one draw a batch shuffles the roles evenly`(members: Int) throws {
    let mixer = try Self.mixer(members: members)
    var counts: [[Int]: Int] = [:]
    for step in 0..<6000 { counts[mixer.batchMixer(epoch: 1, step: step).roles, default: 0] += 1 }
    let orders = members == 2 ? 2.0 : 6.0
    #expect(counts.count == Int(orders))
    // Five standard errors of a share p of 6000, √(p·(1 − p)/6000) ≤ 0.0065.
    for count in counts.values { expectClose(Double(count) / 6000, 1 / orders, absolute: 0.033) }
  }

  @Test(arguments: [2, 3])
  func `all samples of a batch have its roles`(members: Int) throws {
    // A box is the first input's mask: with λ = 1/M its mean is less than that, because of rounding
    // and clipping.
    let mixer = try Self.mixer(probability: 1, alpha: 0, members: members)
    for step in 0..<20 {
      let batch = mixer.batchMixer(epoch: 1, step: step)
      for sample in 0..<16 {
        let mixing = batch.mixing(ofSample: step * 16 + sample)
        let first = try #require(batch.roles.firstIndex(of: 0))
        let least = try #require(mixing.ratios.min())
        #expect(mixing.ratios[first] == least && least < 1 / Double(members))
        #expect(Set(mixing.masks[first].values) == [0, 1])
        for (mask, ratio) in zip(mixing.masks, mixing.ratios) {
          // One rounding of 1 − λ.
          expectClose(mask.mean, ratio, absolute: 0x1p-53)
        }
      }
    }
  }

  @Test(arguments: [2, 3, 4], [1, 2, 4])
  func `ratios follow the Dirichlet distribution`(members: Int, alpha: Int) throws {
    let size = MixingMask.Size(height: 2, width: 2, channels: 1)
    let mixer = try Self.mixer(.mixup, alpha: Double(alpha), members: members, size: size)
    let batch = mixer.batchMixer(epoch: 1, step: 0)
    let sample = (0..<10_000).map { batch.mixing(ofSample: $0).ratios }
    for member in 0..<members {
      expectSample(
        sample.map { $0[member] }, follows: beta(alpha, (members - 1) * alpha), "\(member)")
    }
    // The relative shares of two parts do not depend on the other parts.
    expectSample(sample.map { $0[0] / ($0[0] + $0[1]) }, follows: beta(alpha, alpha), "two parts")
  }

  @Test(arguments: [0.0, -1.0])
  func `without concentration ratios are equal`(alpha: Double) throws {
    for members in [2, 4] {
      let mixer = try Self.mixer(.mixup, alpha: alpha, members: members)
      let batch = mixer.batchMixer(epoch: 1, step: 0)
      let mixing = batch.mixing(ofSample: 0)
      #expect(mixing.ratios == Array(repeating: 1 / Double(members), count: members))
      #expect(batch.lossWeights(mixing) == Array(repeating: 1, count: members))
    }
  }

  @Test func `loss weights are roots that sum to the number of members`() {
    func weights(_ root: Double, _ ratios: [Double]) -> [Double] {
      MixMoConfiguration(mixMethod: .init(method: .mixup), weightRoot: root)
        .lossWeights(ratios)
    }
    // A few roundings of numbers below 3.
    let bound = 1e-14
    expectClose(weights(1, [0.75, 0.25]), [1.5, 0.5], absolute: bound)
    expectClose(weights(3, [8 / 9.0, 1 / 9.0]), [4 / 3.0, 2 / 3.0], absolute: bound)
    expectClose(weights(2, [4 / 14.0, 9 / 14.0, 1 / 14.0]), [1, 1.5, 0.5], absolute: bound)
    expectClose(weights(3, [1, 0]), [2, 0], absolute: bound)
    expectClose(weights(1e-300, [0.6, 0.4]), [2, 0], absolute: bound)
  }

  @Test func `samples depend on seed, epoch and index alone`() throws {
    func mixing(_ seed: UInt64, _ epoch: Int, _ sample: Int) throws -> Mixing {
      try Self.mixer(.mixup, seed: seed).batchMixer(epoch: epoch, step: 0)
        .mixing(ofSample: sample)
    }
    let first = try mixing(1, 1, 0)
    #expect(try mixing(1, 1, 0) == first)
    #expect(try mixing(2, 1, 0) != first)
    #expect(try mixing(1, 2, 0) != first)
    #expect(try mixing(1, 1, 1) != first)
  }

  @Test(arguments: MixingMethod.allCases, [3, 4])
  func `more than two members have mixup and cutmix alone`(method: MixingMethod, members: Int) {
    let isPossible = [.mixup, .cutmix].contains(method)
    func isRefused(_ mixer: () throws -> MixMoMixer) -> Bool {
      do { _ = try mixer() } catch { return error is LoadingError }
      return false
    }
    #expect(isRefused { try Self.mixer(method, members: members) } == !isPossible)
    #expect(isRefused { try Self.mixer(replacement: method, members: members) } == !isPossible)
    #expect(!isRefused { try Self.mixer(method, replacement: method) })
  }

  @Test func `impossible methods are named`() {
    func expect(_ message: String, _ mixer: () throws -> MixMoMixer) {
      #expect(throws: LoadingError.self) { try mixer() }
      #expect { try mixer() } throws: { "\($0)" == message }
    }
    expect("mixmo.mix_method: 3 members need one of mixup, cutmix; found cow") {
      try Self.mixer(.cow, members: 3)
    }
    expect("mixmo.mix_method: 3 members need one of mixup, cutmix; found noise") {
      try Self.mixer(.cutmix, replacement: .noise, members: 3)
    }
    expect("mixmo.mix_method: 3 members need one of mixup, cutmix; found none") {
      try Self.mixer(nil, members: 3)
    }
    expect("patchuphard: expected masks of at least 7×7, found 8×6") {
      try Self.mixer(.patchuphard, size: .init(height: 8, width: 6, channels: 1))
    }
  }
}
