import Foundation
import Tensors

// The masks of the first of two inputs, for a proportion λ in [0, 1].
extension MixingMask {
  /// λ everywhere (`mixup`).
  static func constant(_ proportion: Double, size: Size) -> MixingMask {
    MixingMask(.spatial, size: size, repeating: Float(proportion))
  }

  /// 1 in a box of sides floor(size·√λ) around a uniform pixel, clipped to the map (`cutmix`).
  ///
  /// The box reaches half of its side, rounded down, to either side of the center.
  static func box(
    _ proportion: Double, size: Size, random: inout some RandomSource
  ) -> MixingMask {
    func range(_ extent: Int) -> Range<Int> {
      let reach = Int(Double(extent) * proportion.squareRoot()) / 2
      let center = random.integer(in: 0..<extent)
      return max(center - reach, 0)..<min(center + reach, extent)
    }
    var mask = MixingMask(.spatial, size: size)
    mask.fill(rows: range(size.height), columns: range(size.width))
    return mask
  }

  /// The axis along which a mask is split.
  enum Axis { case channels, rows, columns }

  /// 1 before floor(λ·size) along one axis, or in half of the draws from floor((1−λ)·size) on.
  static func stack(
    _ proportion: Double, _ axis: Axis, size: Size, random: inout some RandomSource
  ) -> MixingMask {
    let isFlipped = random.bernoulli(0.5)
    func range(_ extent: Int) -> Range<Int> {
      let border = Int((isFlipped ? 1 - proportion : proportion) * Double(extent))
      return isFlipped ? border..<extent : 0..<border
    }
    var mask = MixingMask(axis == .channels ? .channel : .spatial, size: size)
    switch axis {
    case .channels: for channel in range(size.channels) { mask.values[channel] = 1 }
    case .rows: mask.fill(rows: range(size.height), columns: 0..<size.width)
    case .columns: mask.fill(rows: 0..<size.height, columns: range(size.width))
    }
    return mask
  }

  /// 1 in each channel with probability λ (`channel`).
  static func channels(
    _ proportion: Double, size: Size, random: inout some RandomSource
  ) -> MixingMask {
    MixingMask(.channel, size: size).map { _ in random.nextUniform() < proportion ? 1 : 0 }
  }

  /// Uniform noise, stretched below and above its middle so that its mean is λ (`noise`).
  static func noise(
    _ proportion: Double, size: Size, random: inout some RandomSource
  ) -> MixingMask {
    MixingMask(.spatial, size: size).map { _ in
      let offset = random.nextUniform() - 0.5
      let slope = offset < 0 ? proportion : 1 - proportion
      return Float(2 * slope * offset + proportion)
    }
  }

  /// The height and width of a patch of `patches`.
  static let patchSide = 7

  /// 1 in 7×7 patches around random seeds (`patchup`).
  ///
  /// Seeds have the rate λ·S²/(7²·(S−7+1)²), S the width of the map. With a spatial extent the
  /// patches are the same in all channels, with a full one each channel has its own.
  static func patches(
    _ proportion: Double, _ extent: Extent, size: Size, random: inout some RandomSource
  ) -> MixingMask {
    let ratio = Double(size.width) / Double(patchSide * (size.width - patchSide + 1))
    let rate = proportion * ratio * ratio
    let reach = patchSide / 2
    let channelCount = extent == .full ? size.channels : 1
    var mask = MixingMask(extent, size: size)
    guard rate > 0 else { return mask }
    var seed = 0
    while true {
      // The gap between seeds is geometric: far fewer draws than one for each place.
      let gap = log(1 - random.nextUniform()) / log1p(-rate)
      seed += Int(min(gap, Double(mask.values.count)))
      guard seed < mask.values.count else { return mask }
      let (pixel, channel) = seed.quotientAndRemainder(dividingBy: channelCount)
      let (row, column) = pixel.quotientAndRemainder(dividingBy: size.width)
      mask.fill(
        rows: max(row - reach, 0)..<min(row + reach + 1, size.height),
        columns: max(column - reach, 0)..<min(column + reach + 1, size.width), channel: channel)
      seed += 1
    }
  }

  /// Puts 1 in a rectangle of one channel, of the only one where the extent is spatial.
  private mutating func fill(rows: Range<Int>, columns: Range<Int>, channel: Int = 0) {
    let channelCount = extent == .full ? size.channels : 1
    for row in rows {
      for column in columns {
        values[(row * size.width + column) * channelCount + channel] = 1
      }
    }
  }
}
