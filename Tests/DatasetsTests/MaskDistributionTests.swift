import Datasets
import Tensors
import TestSupport
import Testing

/// The values that masks take, and how often.
struct MaskDistributionTests {
  static func masks(
    _ method: MixingMethod, _ share: Double, count: Int,
    size: MixingMask.Size = MixingMethodTests.size
  ) -> [MixingMask] {
    (0..<count).map { index in
      var random = RandomStream(seed: 5, purpose: method.rawValue, minor: index)
      return MaskShapeTests.mask(method, share, size, &random)
    }
  }

  @Test(arguments: MixingMethod.allCases)
  func `masks choose one input, or their method's share`(method: MixingMethod) {
    let share: Float = 0.3
    let values = Set(Self.masks(method, Double(share), count: 50).flatMap(\.values))
    switch method {
    case .mixup: #expect(values == [share])
    case .noise: #expect(values.allSatisfy { (0...1).contains($0) } && values.count > 1000)
    case .patchupsoft: #expect(values == [share, 1])
    default: #expect(values == [0, 1])
    }
  }

  @Test func `cutmix's center is uniform over the pixels`() {
    /// The center of a box that reaches so far to either side and is clipped at `extent`.
    func center(_ inside: [Int], _ reach: Int, _ extent: Int) -> Int {
      let (first, last) = (inside.min() ?? 0, inside.max() ?? 0)
      return first > 0 ? first + reach : last + 1 - reach
    }
    let centers = Self.masks(.cutmix, 0.25, count: 12_000).map { mask in
      let rows = (0..<12).filter { row in (0..<10).contains { mask[row, $0, 0] == 1 } }
      let columns = (0..<10).filter { column in (0..<12).contains { mask[$0, column, 0] == 1 } }
      // Sides floor(12·½) and floor(10·½) reach 3 and 2.
      return [center(rows, 3, 12), center(columns, 2, 10)]
    }
    expectEven(centers, kinds: 120)
  }

  @Test(arguments: [MixingMethod.stackchannel, .stackhorizontal, .stackvertical])
  func `half of the stacks are flipped`(method: MixingMethod) {
    expectEven(Self.masks(method, 0.3, count: 2000).map { $0.values[0] }, kinds: 2)
  }

  @Test func `channels are independent`() {
    let masks = Self.masks(.channel, 0.3, count: 4000)
    let counts = (0..<16).map { pattern in
      masks.count { mask in (0..<4).allSatisfy { mask.values[$0] == Float(pattern >> $0 & 1) } }
    }
    let shares = (0..<16).map { pattern in
      (0..<4).reduce(1) { $0 * (pattern >> $1 & 1 == 1 ? 0.3 : 0.7) }
    }
    expectCounts(counts, shares: shares)
  }

  @Test(arguments: [0.1, 0.5, 0.8])
  func `noise is uniform on either side of its share`(share: Double) {
    // Half of the values lie below λ, so that the mean is λ/2 + ¼.
    let values = Self.masks(.noise, share, count: 200).flatMap(\.values).map(Double.init)
    expectSample(
      values, follows: { $0 < share ? $0 / share / 2 : 1 - (1 - $0) / (1 - share) / 2 })
  }

  @Test func `cow masks ignore the share`() {
    let shares = [0.0, 0.2, 1.0]
    let masks = shares.map { Self.masks(.cow, $0, count: 5) }
    #expect(masks.allSatisfy { $0 == masks[0] })
  }

  @Test(arguments: [MixingMethod.patchuphard, .patchuphard2d, .patchupsoft], [0.2, 0.7])
  func `patches cover what independent seeds cover`(method: MixingMethod, share: Double) {
    let size = MixingMask.Size(height: 32, width: 32, channels: 4)
    let rate = share * 1024 / (49 * 26 * 26)
    // A pixel stays free if no seed lies in its clipped 7×7 window.
    let reach = (0..<32).map { min($0 + 3, 31) - max($0 - 3, 0) + 1 }
    let free = reach.flatMap { rows in reach.map { binomial(0, of: rows * $0, rate) } }
    let rest = free.reduce(0, +) / 1024 * (method == .patchupsoft ? 1 - share : 1)
    let means = Self.masks(method, share, count: 400, size: size).map(\.mean)
    let mean = means.reduce(0, +) / 400
    let variance = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 399
    expectClose(mean, 1 - rest, absolute: 5 * (variance / 400).squareRoot())  // 5 standard errors
  }
}
