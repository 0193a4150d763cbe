import Loading
import Tensors
import TestSupport
import Testing

struct MixingMethodTests {
  static let size = MixingMask.Size(height: 12, width: 10, channels: 4)

  static func positions(_ size: MixingMask.Size) -> [(row: Int, column: Int, channel: Int)] {
    (0..<size.height).flatMap { row in
      (0..<size.width).flatMap { column in
        (0..<size.channels).map { (row, column, $0) }
      }
    }
  }

  static func expectPartition(_ mixing: Mixing, _ name: String) {
    let members = mixing.masks.count
    for (row, column, channel) in positions(mixing.masks[0].size) {
      let shares = mixing.masks.map { $0[row, column, channel] }
      #expect(shares.allSatisfy { (0...1).contains($0) }, "\(name)")
      // One rounding for each member's share.
      expectClose(shares.reduce(0, +), 1, absolute: Double(members) * 0x1p-24, name)
    }
    // The roundings of the shares, each at most 2⁻²⁴.
    expectClose(mixing.ratios.reduce(0, +), 1, absolute: Double(members) * 0x1p-24, name)
    expectClose(
      mixing.ratios, mixing.masks.map(\.mean), absolute: Double(members) * 0x1p-24, name)
  }

  @Test(arguments: MixingMethod.allCases)
  func `masks of two inputs sum to 1 and have the means they claim`(method: MixingMethod) {
    for (index, share) in [0, 0.01, 0.3, 0.5, 0.77, 1].enumerated() {
      var random = RandomStream(seed: 1, purpose: "mask", minor: index)
      let mixing = method.mix([share, 1 - share], size: Self.size, random: &random)
      #expect(mixing.masks.count == 2)
      #expect(mixing.masks[0].values.count == method.extent.shape(Self.size).reduce(1, *))
      Self.expectPartition(mixing, "\(method) \(share)")
    }
  }

  @Test(arguments: MixingMethod.methods(mixing: 3), [3, 4, 5])
  func `masks of more inputs sum to 1 and have the means they claim`(
    method: MixingMethod, members: Int
  ) {
    for index in 0..<20 {
      var random = RandomStream(seed: 2, purpose: "mask", minor: index)
      let ratios = random.dirichlet(Array(repeating: 1, count: members))
      let mixing = method.mix(ratios, size: Self.size, random: &random)
      #expect(mixing.masks.count == members)
      Self.expectPartition(mixing, "\(method)")
    }
    var random = RandomStream(seed: 3, purpose: "mask")
    let alone = [1.0] + Array(repeating: 0, count: members - 1)
    Self.expectPartition(method.mix(alone, size: Self.size, random: &random), "\(method) alone")
  }

  @Test func `mixup takes each input's ratio everywhere`() {
    var random = ScriptedSource()
    for ratios in [[0.3, 0.7], [0.25, 0.25, 0.5]] {
      let mixing = MixingMethod.mixup.mix(ratios, size: Self.size, random: &random)
      for (mask, ratio) in zip(mixing.masks, ratios) {
        // One rounding of λ and one of 1 − λ.
        expectClose(mask.values, .init(repeating: Float(ratio), count: 120), absolute: 0x1p-24)
      }
    }
  }

  @Test(arguments: [0.0, 0.001, 0.25, 0.35, 0.4, 0.5, 0.83, 1.0])
  func `the box of cutmix is the clipped square root of its share`(share: Double) {
    for centerRow in 0..<12 {
      for centerColumn in 0..<10 {
        var random = ScriptedSource(
          uniforms: [(Double(centerRow) + 0.5) / 12, (Double(centerColumn) + 0.5) / 10])
        let mixing = MixingMethod.cutmix.mix([share, 1 - share], size: Self.size, random: &random)
        let rowReach = Int((12 * share.squareRoot()).rounded(.down)) / 2
        let columnReach = Int((10 * share.squareRoot()).rounded(.down)) / 2
        let expected = (0..<12).flatMap { row in
          (0..<10).map { column -> Float in
            let isInside =
              row >= centerRow - rowReach && row < centerRow + rowReach
              && column >= centerColumn - columnReach && column < centerColumn + columnReach
            return isInside ? 1 : 0
          }
        }
        #expect(mixing.masks[0].values == expected)
        #expect(mixing.ratios[0] == Double(expected.reduce(0, +)) / 120)
      }
    }
  }

  @Test func `cutmix of three shares the rest in proportion to the other ratios`() {
    // The center is (8, 4); a box with sides floor(12·½) and floor(10·½) extends by 3 and 2.
    var random = ScriptedSource(uniforms: [0.7, 0.45])
    let mixing = MixingMethod.cutmix.mix([0.25, 0.5, 0.25], size: Self.size, random: &random)
    for (row, column, channel) in Self.positions(Self.size) {
      let isInside = (5..<11).contains(row) && (2..<6).contains(column)
      let shares = mixing.masks.map { $0[row, column, channel] }
      expectClose(
        shares, isInside ? [1, 0, 0] : [0, 2 / 3, 1 / 3], absolute: 0x1p-24)  // one rounding
    }
    expectClose(mixing.ratios, [0.2, 0.8 * 2 / 3, 0.8 / 3], absolute: 0x1p-24)  // the same
  }
}
