import Tensors

/// A method that turns mixing ratios λ into masks.
package enum MixingMethod: String, CaseIterable, Codable, Sendable {
  case mixup, cutmix, cow, stackchannel, stackhorizontal, stackvertical, channel, noise
  case patchuphard, patchuphard2d, patchupsoft

  /// The methods that can mix `memberCount` inputs.
  package static func methods(mixing memberCount: Int) -> [MixingMethod] {
    memberCount > 2 ? [.mixup, .cutmix] : allCases
  }

  /// The dimensions that a mask of this method varies over.
  package var extent: MixingMask.Extent {
    switch self {
    case .mixup, .cutmix, .cow, .stackhorizontal, .stackvertical, .noise, .patchuphard2d: .spatial
    case .stackchannel, .channel: .channel
    case .patchuphard, .patchupsoft: .full
    }
  }

  /// The smallest height and width of a mask.
  package var minimumSide: Int {
    [.patchuphard, .patchuphard2d, .patchupsoft].contains(self) ? MixingMask.patchSide : 1
  }

  /// Makes sure that the method can make masks of `size`.
  ///
  /// - Throws: `LoadingError.maskTooSmall`.
  func require(_ size: MixingMask.Size) throws {
    guard min(size.height, size.width) >= minimumSide else {
      throw LoadingError.maskTooSmall(
        self, expected: minimumSide, height: size.height, width: size.width)
    }
  }

  /// Draws the masks of two or more inputs for the given ratios.
  ///
  /// At each position the masks sum to 1. The result has the masks' means as ratios.
  package func mix(
    _ ratios: [Double], size: MixingMask.Size, random: inout some RandomSource
  ) -> Mixing {
    if ratios.count == 2 {
      let mask = mask(ratios[0], size: size, random: &random)
      let mean = mask.mean
      return Mixing(masks: [mask, mask.map { 1 - $0 }], ratios: [mean, 1 - mean])
    }
    precondition(Self.methods(mixing: ratios.count).contains(self), "\(self) mixes two inputs")
    let masks =
      self == .mixup
      ? ratios.map { MixingMask.constant($0, size: size) }
      : Self.boxAndRest(ratios, size: size, random: &random)
    return Mixing(masks: masks, ratios: masks.map(\.mean))
  }

  /// A box for the first input; the others share the rest in proportion to their ratios.
  private static func boxAndRest(
    _ ratios: [Double], size: MixingMask.Size, random: inout some RandomSource
  ) -> [MixingMask] {
    let box = MixingMask.box(ratios[0], size: size, random: &random)
    let rest = ratios.dropFirst().reduce(0, +)
    return [box]
      + ratios.dropFirst().map { ratio in
        let share = rest > 0 ? ratio / rest : 1 / Double(ratios.count - 1)
        return box.map { (1 - $0) * Float(share) }
      }
  }

  /// The mask of the first of two inputs.
  private func mask(
    _ ratio: Double, size: MixingMask.Size, random: inout some RandomSource
  ) -> MixingMask {
    switch self {
    case .mixup: .constant(ratio, size: size)
    case .cutmix: .box(ratio, size: size, random: &random)
    case .cow: .cow(size: size, random: &random)
    case .stackchannel: .stack(ratio, .channels, size: size, random: &random)
    case .stackhorizontal: .stack(ratio, .rows, size: size, random: &random)
    case .stackvertical: .stack(ratio, .columns, size: size, random: &random)
    case .channel: .channels(ratio, size: size, random: &random)
    case .noise: .noise(ratio, size: size, random: &random)
    case .patchuphard, .patchuphard2d: .patches(ratio, extent, size: size, random: &random)
    case .patchupsoft:
      MixingMask.patches(ratio, extent, size: size, random: &random)
        .map { $0 + (1 - $0) * Float(ratio) }
    }
  }
}

/// The masks that mix the inputs of one sample, and their ratios.
package struct Mixing: Sendable, Equatable {
  package var masks: [MixingMask]  // [M]
  /// The ratios λ, which sum to 1: the masks' means, unless they are corrected.
  package var ratios: [Double]  // [M]

  package init(masks: [MixingMask], ratios: [Double]) {
    self.masks = masks
    self.ratios = ratios
  }
}

extension RandomSource {
  /// Mixing ratios from a symmetric Dirichlet distribution; equal ones if `concentration` ≤ 0.
  mutating func mixingRatios(_ concentration: Double, count: Int) -> [Double] {
    concentration > 0
      ? dirichlet(Array(repeating: concentration, count: count))
      : Array(repeating: 1 / Double(count), count: count)
  }
}

// MARK: Two mixed images

extension Mixing {
  /// The mix of two images of `[H, W, 3]` values.
  package func blend(_ first: [Float], _ second: [Float]) -> [Float] {
    let mask = masks[0]
    let strides = mask.strides
    var blend = second
    var index = 0
    for row in 0..<mask.size.height {
      for column in 0..<mask.size.width {
        let start = row * strides.row + column * strides.column
        for channel in 0..<3 {
          let share = mask.values[start + channel * strides.channel]
          blend[index] = share * first[index] + (1 - share) * second[index]
          index += 1
        }
      }
    }
    return blend
  }

  /// The mixing with the ratios of what remains of each image once features are multiplied by `mask`.
  ///
  /// λ_k = mean(mask_k · mask) / (mean(mask) + 10⁻⁸), of means over the channels. Where the encoder
  /// halves the resolution, mask_0 is averaged over 2×2 pixels and λ_1 = 1 − λ_0. If λ_0 < ½ the two
  /// images swap roles, so that the first one keeps the larger ratio.
  package func corrected(by mask: MixingMask) -> Mixing {
    let factor = masks[0].size.height / mask.size.height
    precondition(
      factor * mask.size.height == masks[0].size.height
        && factor * mask.size.width == masks[0].size.width,
      "feature maps of \(mask.size) for images of \(masks[0].size)")
    let features = mask.channelMean
    let count = Double(features.count)
    let mean = features.reduce(0, +) / count
    func ratio(_ image: MixingMask) -> Double {
      let product = zip(image.pooled(by: factor), features).reduce(0) { $0 + $1.0 * $1.1 }
      return product / count / (mean + 1e-8)
    }
    let first = ratio(masks[0])
    let corrected = Mixing(
      masks: masks, ratios: [first, factor == 1 ? ratio(masks[1]) : 1 - first])
    return first < 0.5 ? corrected.swapped : corrected
  }

  private var swapped: Mixing { Mixing(masks: masks.reversed(), ratios: ratios.reversed()) }
}

extension MixingMask {
  /// The means over the channels and over squares of `factor` × `factor` pixels.
  fileprivate func pooled(by factor: Int) -> [Double] {
    let means = channelMean
    if factor == 1 { return means }
    let squares = (height: size.height / factor, width: size.width / factor)
    return (0..<squares.height * squares.width).map { square in
      let (row, column) = square.quotientAndRemainder(dividingBy: squares.width)
      var sum = 0.0
      for y in row * factor..<(row + 1) * factor {
        for x in column * factor..<(column + 1) * factor { sum += means[y * size.width + x] }
      }
      return sum / Double(factor * factor)
    }
  }
}
