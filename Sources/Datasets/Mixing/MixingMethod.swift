import Tensors

/// A way to turn mixing proportions λ into masks.
package enum MixingMethod: String, CaseIterable, Codable, Sendable {
  case mixup, cutmix, cow, stackchannel, stackhorizontal, stackvertical, channel, noise
  case patchuphard, patchuphard2d, patchupsoft

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

  /// The methods that can mix `memberCount` inputs.
  package static func methods(mixing memberCount: Int) -> [MixingMethod] {
    memberCount > 2 ? [.mixup, .cutmix] : allCases
  }

  /// The masks of two or more inputs with the given proportions, and the masks' means.
  ///
  /// At each place the masks sum to 1.
  package func mix(
    _ proportions: [Double], size: MixingMask.Size, random: inout some RandomSource
  ) -> Mixing {
    if proportions.count == 2 {
      let mask = mask(proportions[0], size: size, random: &random)
      let mean = mask.mean
      return Mixing(masks: [mask, mask.map { 1 - $0 }], proportions: [mean, 1 - mean])
    }
    precondition(Self.methods(mixing: proportions.count).contains(self), "\(self) mixes two inputs")
    let masks =
      self == .mixup
      ? proportions.map { MixingMask.constant($0, size: size) }
      : Self.boxAndRest(proportions, size: size, random: &random)
    return Mixing(masks: masks, proportions: masks.map(\.mean))
  }

  /// A box for the first input; the others share the rest as their proportions say.
  private static func boxAndRest(
    _ proportions: [Double], size: MixingMask.Size, random: inout some RandomSource
  ) -> [MixingMask] {
    let box = MixingMask.box(proportions[0], size: size, random: &random)
    let rest = proportions.dropFirst().reduce(0, +)
    return [box]
      + proportions.dropFirst().map { proportion in
        let share = rest > 0 ? proportion / rest : 1 / Double(proportions.count - 1)
        return box.map { (1 - $0) * Float(share) }
      }
  }

  /// The first of two inputs' masks.
  private func mask(
    _ proportion: Double, size: MixingMask.Size, random: inout some RandomSource
  ) -> MixingMask {
    switch self {
    case .mixup: .constant(proportion, size: size)
    case .cutmix: .box(proportion, size: size, random: &random)
    case .cow: .cow(size: size, random: &random)
    case .stackchannel: .stack(proportion, .channels, size: size, random: &random)
    case .stackhorizontal: .stack(proportion, .rows, size: size, random: &random)
    case .stackvertical: .stack(proportion, .columns, size: size, random: &random)
    case .channel: .channels(proportion, size: size, random: &random)
    case .noise: .noise(proportion, size: size, random: &random)
    case .patchuphard, .patchuphard2d: .patches(proportion, extent, size: size, random: &random)
    case .patchupsoft:
      MixingMask.patches(proportion, extent, size: size, random: &random)
        .map { $0 + (1 - $0) * Float(proportion) }
    }
  }
}

/// The masks that mix one sample's inputs, and their means λ, which sum to 1.
package struct Mixing: Sendable, Equatable {
  package var masks: [MixingMask]  // [M]
  package var proportions: [Double]  // [M]

  package init(masks: [MixingMask], proportions: [Double]) {
    self.masks = masks
    self.proportions = proportions
  }
}
