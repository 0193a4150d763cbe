import Foundation
import Loading
import Tensors
import TestSupport
import Testing

/// The masks of methods other than `mixup` and `cutmix`.
struct MaskShapeTests {
  static func mask(
    _ method: MixingMethod, _ share: Double, _ size: MixingMask.Size,
    _ random: inout some RandomSource
  ) -> MixingMask {
    method.mix([share, 1 - share], size: size, random: &random).masks[0]
  }

  struct CowMasks: Decodable {
    struct Example: Decodable {
      let height: Int
      let width: Int
      let uniforms: [Double]
      let mask: String
    }
    let masks: [Example]
    /// The standard deviation of the means of 20,000 masks of 32×32.
    let meanDeviation: Double
  }

  @Test func `cow masks are those of PyTorch's convolution`() throws {
    let reference: CowMasks = try fixtureValue("cow.json")
    for example in reference.masks {
      let count = example.height * example.width
      var random = ScriptedSource(
        uniforms: example.uniforms,
        normals: (0..<count).map { sin(0.7 * Double($0) + 0.3 * Double($0) * Double($0)) })
      let size = MixingMask.Size(height: example.height, width: example.width, channels: 2)
      let mask = Self.mask(.cow, 0.9, size, &random)
      #expect(mask.values.map { $0 == 1 ? "1" : "0" }.joined() == example.mask)
    }
  }

  @Test func `cow masks' means spread as PyTorch's do`() throws {
    let reference: CowMasks = try fixtureValue("cow.json")
    let size = MixingMask.Size(height: 32, width: 32, channels: 1)
    let means = (0..<1000).map { index in
      var random = RandomStream(seed: 1, purpose: "cow", minor: index)
      return Self.mask(.cow, 1, size, &random).mean
    }
    let mean = means.reduce(0, +) / 1000
    let spread = (means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 999).squareRoot()
    // Five standard errors of a mean and of a standard deviation σ, the latter σ·√((1.91 − 1)/4000).
    expectClose(mean, 0.5, absolute: 5 * reference.meanDeviation / 1000.0.squareRoot())
    expectClose(spread, reference.meanDeviation, absolute: 5 * 0.0025)
  }

  @Test(arguments: [0.0, 0.13, 0.5, 0.99, 1.0])
  func `stacks split an axis on either side`(share: Double) {
    let size = MixingMask.Size(height: 12, width: 10, channels: 8)
    for isFlipped in [false, true] {
      func isOne(_ position: Int, _ extent: Int) -> Bool {
        let border = Int(((isFlipped ? 1 - share : share) * Double(extent)).rounded(.down))
        return isFlipped ? position >= border : position < border
      }
      var random = ScriptedSource(uniforms: [isFlipped ? 0.49 : 0.5])
      let horizontal = Self.mask(.stackhorizontal, share, size, &random)
      let vertical = Self.mask(.stackvertical, share, size, &random)
      let channels = Self.mask(.stackchannel, share, size, &random)
      #expect(channels.values.count == 8)
      for (row, column, channel) in MixingMethodTests.positions(size) {
        #expect((horizontal[row, column, channel] == 1) == isOne(row, 12))
        #expect((vertical[row, column, channel] == 1) == isOne(column, 10))
        #expect((channels[row, column, channel] == 1) == isOne(channel, 8))
      }
    }
  }

  @Test func `channels are taken with the probability of their share`() {
    let size = MixingMask.Size(height: 3, width: 3, channels: 64)
    var ones = [Float](repeating: 0, count: 64)
    for index in 0..<1000 {
      var random = RandomStream(seed: 1, purpose: "channel", minor: index)
      let mask = Self.mask(.channel, 0.3, size, &random)
      #expect(mask.values.allSatisfy { $0 == 0 || $0 == 1 })
      ones = zip(ones, mask.values).map(+)
    }
    // Five standard errors of each channel's share.
    let error = (0.3 * 0.7 / 1000).squareRoot()
    expectClose(
      ones.map { Double($0) / 1000 }, .init(repeating: 0.3, count: 64), absolute: 5 * error)
  }

  @Test(arguments: [0.0, 0.2, 0.5, 0.9, 1.0])
  func `noise is stretched around its share`(share: Double) {
    let size = MixingMask.Size(height: 5, width: 4, channels: 2)
    let uniforms = (0..<20).map { (Double($0) + 0.5) / 20 }
    var random = ScriptedSource(uniforms: uniforms)
    let mask = Self.mask(.noise, share, size, &random)
    let expected = uniforms.map { u in
      Float(2 * (share * min(u - 0.5, 0) + (1 - share) * max(u - 0.5, 0)) + share)
    }
    // One rounding to Float on either side, at most 2⁻²⁵ each.
    expectClose(mask.values, expected, absolute: 0x1p-24)
    // On an even grid the mean offset of both halves is ¼, so that the mean is λ + (1 − 2λ)/4.
    expectClose(mask.mean, share + (1 - 2 * share) / 4, absolute: 0x1p-24)
  }

  @Test(arguments: [MixingMethod.patchuphard, .patchuphard2d, .patchupsoft])
  func `patches surround their seeds`(method: MixingMethod) {
    let size = MixingMask.Size(height: 16, width: 16, channels: 3)
    let channels = method == .patchuphard2d ? 1 : 3
    let share = 0.6
    let rate = share * 256 / (49 * 100)
    for seeds in [[], [0], [3, 4, 250, 256 * channels - 1], Array(0..<256 * channels)] {
      // The gap before a center is floor(log(1 − u)/log(1 − rate)); the last gap is long.
      let gaps = zip(seeds, [-1] + seeds).map { $0 - $1 - 1 }
      let uniforms = gaps.map { 1 - pow(1 - rate, Double($0) + 0.5) } + [1 - 0x1p-53]
      var random = ScriptedSource(uniforms: uniforms)
      let mask = Self.mask(method, share, size, &random)
      #expect(mask.values.count == 256 * channels)
      for (position, value) in mask.values.enumerated() {
        let (pixel, channel) = position.quotientAndRemainder(dividingBy: channels)
        let (row, column) = pixel.quotientAndRemainder(dividingBy: 16)
        let isCovered = seeds.contains { seed in
          seed % channels == channel && abs(seed / channels / 16 - row) <= 3
            && abs(seed / channels % 16 - column) <= 3
        }
        #expect(value == (isCovered ? 1 : method == .patchupsoft ? Float(share) : 0))
      }
    }
  }
}

/// The values of masks and their distributions.
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
    /// The center of a box that extends by `reach` to either side and is clipped at `extent`.
    func center(_ inside: [Int], _ reach: Int, _ extent: Int) -> Int {
      let (first, last) = (inside.min() ?? 0, inside.max() ?? 0)
      return first > 0 ? first + reach : last + 1 - reach
    }
    let centers = Self.masks(.cutmix, 0.25, count: 12_000).map { mask in
      let rows = (0..<12).filter { row in (0..<10).contains { mask[row, $0, 0] == 1 } }
      let columns = (0..<10).filter { column in (0..<12).contains { mask[$0, column, 0] == 1 } }
      // Boxes with sides floor(12·½) and floor(10·½) extend by 3 and 2 to either side.
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
    // A pixel stays free if no center lies in its clipped 7×7 window.
    let reach = (0..<32).map { min($0 + 3, 31) - max($0 - 3, 0) + 1 }
    let free = reach.flatMap { rows in reach.map { binomial(0, of: rows * $0, rate) } }
    let rest = free.reduce(0, +) / 1024 * (method == .patchupsoft ? 1 - share : 1)
    let means = Self.masks(method, share, count: 400, size: size).map(\.mean)
    let mean = means.reduce(0, +) / 400
    let variance = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 399
    expectClose(mean, 1 - rest, absolute: 5 * (variance / 400).squareRoot())  // 5 standard errors
  }
}

/// Random numbers chosen by a test; after the last one they repeat.
struct ScriptedSource: RandomSource {
  var uniforms: [Double] = [0]
  var normals: [Double] = [0]
  private var uniformCount = 0
  private var normalCount = 0

  init(uniforms: [Double] = [0], normals: [Double] = [0]) {
    self.uniforms = uniforms
    self.normals = normals
  }

  mutating func nextUniform() -> Double {
    defer { uniformCount += 1 }
    return uniforms[uniformCount % uniforms.count]
  }

  mutating func nextNormal() -> Double {
    defer { normalCount += 1 }
    return normals[normalCount % normals.count]
  }
}
