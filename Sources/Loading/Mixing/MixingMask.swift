import Foundation
import Tensors

/// The fraction of one input at each position of a feature map or image, in [0, 1].
///
/// h height, w width, C channels of the map.
package struct MixingMask: Sendable, Equatable {
  /// The size h × w × C of the map that is mixed.
  package struct Size: Sendable, Equatable {
    package var height: Int
    package var width: Int
    package var channels: Int

    package init(height: Int, width: Int, channels: Int) {
      self.height = height
      self.width = width
      self.channels = channels
    }
  }

  /// The dimensions that a mask varies over; it is constant along the others.
  package enum Extent: Sendable {
    case spatial  // [h, w]
    case channel  // [C]
    case full  // [h, w, C]

    /// The shape of a mask for a map of `size`.
    package func shape(_ size: Size) -> [Int] {
      switch self {
      case .spatial: [size.height, size.width]
      case .channel: [size.channels]
      case .full: [size.height, size.width, size.channels]
      }
    }
  }

  package let size: Size
  package let extent: Extent
  /// The fractions in row-major order of the extent's shape.
  package var values: [Float]

  /// A mask of the given fractions, in row-major order of the extent's shape.
  package init(_ extent: Extent, size: Size, values: [Float]) {
    let count = extent.shape(size).reduce(1, *)
    precondition(values.count == count, "\(values.count) values, expected \(count)")
    self.size = size
    self.extent = extent
    self.values = values
  }

  /// A constant mask.
  init(_ extent: Extent, size: Size, repeating value: Float = 0) {
    self.size = size
    self.extent = extent
    values = Array(repeating: value, count: extent.shape(size).reduce(1, *))
  }

  /// The fraction at one position.
  package subscript(row: Int, column: Int, channel: Int) -> Float {
    let strides = strides
    return values[row * strides.row + column * strides.column + channel * strides.channel]
  }

  /// The distance in `values` between neighbors along each dimension, 0 along constant dimensions.
  var strides: (row: Int, column: Int, channel: Int) {
    switch extent {
    case .spatial: (size.width, 1, 0)
    case .channel: (0, 0, 1)
    case .full: (size.width * size.channels, size.channels, 1)
    }
  }

  /// The mean fraction.
  package var mean: Double {
    values.reduce(0) { $0 + Double($1) } / Double(values.count)
  }

  /// The mean over the channels at each pixel.
  var channelMean: [Double] {  // [h, w]
    switch extent {
    case .spatial: values.map(Double.init)
    case .channel: Array(repeating: mean, count: size.height * size.width)
    case .full:
      stride(from: 0, to: values.count, by: size.channels).map { pixel in
        values[pixel..<pixel + size.channels].reduce(0) { $0 + Double($1) } / Double(size.channels)
      }
    }
  }

  /// The mask of transformed fractions.
  func map(_ transform: (Float) -> Float) -> MixingMask {
    var mask = self
    mask.values = values.map(transform)
    return mask
  }
}

// MARK: Masks of the first of two inputs, for a mixing ratio λ in [0, 1]

extension MixingMask {
  /// λ everywhere (`mixup`).
  static func constant(_ ratio: Double, size: Size) -> MixingMask {
    MixingMask(.spatial, size: size, repeating: Float(ratio))
  }

  /// 1 in a box with sides floor(size·√λ) around a uniform pixel, clipped to the map (`cutmix`).
  ///
  /// The box extends by half of its side, rounded down, to either side of the center.
  static func box(_ ratio: Double, size: Size, random: inout some RandomSource) -> MixingMask {
    func range(_ length: Int) -> Range<Int> {
      let reach = Int(Double(length) * ratio.squareRoot()) / 2
      let center = random.integer(in: 0..<length)
      return max(center - reach, 0)..<min(center + reach, length)
    }
    var mask = MixingMask(.spatial, size: size)
    mask.fill(rows: range(size.height), columns: range(size.width))
    return mask
  }

  /// The axis along which a mask is split.
  enum Axis { case channels, rows, columns }

  /// 1 at indices below floor(λ·length) along one axis; in half of the draws 1 from
  /// floor((1−λ)·length) on (`stackchannel`, `stackhorizontal`, `stackvertical`).
  static func stack(
    _ ratio: Double, _ axis: Axis, size: Size, random: inout some RandomSource
  ) -> MixingMask {
    let isFlipped = random.bernoulli(0.5)
    func range(_ length: Int) -> Range<Int> {
      let border = Int((isFlipped ? 1 - ratio : ratio) * Double(length))
      return isFlipped ? border..<length : 0..<border
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
  static func channels(_ ratio: Double, size: Size, random: inout some RandomSource) -> MixingMask {
    MixingMask(.channel, size: size).map { _ in random.nextUniform() < ratio ? 1 : 0 }
  }

  /// Independent noise, uniform in [0, λ] or in [λ, 1] with equal probability (`noise`).
  static func noise(_ ratio: Double, size: Size, random: inout some RandomSource) -> MixingMask {
    MixingMask(.spatial, size: size).map { _ in
      let offset = random.nextUniform() - 0.5
      let slope = offset < 0 ? ratio : 1 - ratio
      return Float(2 * slope * offset + ratio)
    }
  }

  /// The height and width of a patch of `patches`.
  static let patchSide = 7

  /// 1 in 7×7 patches around random centers (`patchuphard`, `patchuphard2d`, `patchupsoft`).
  ///
  /// Each element is a center with probability λ·w²/(7²·(w−7+1)²). With a spatial extent the
  /// patches are the same in all channels; with a full one each channel has its own.
  static func patches(
    _ ratio: Double, _ extent: Extent, size: Size, random: inout some RandomSource
  ) -> MixingMask {
    let scale = Double(size.width) / Double(patchSide * (size.width - patchSide + 1))
    let probability = ratio * scale * scale
    let reach = patchSide / 2
    let channelCount = extent == .full ? size.channels : 1
    var mask = MixingMask(extent, size: size)
    guard probability > 0 else { return mask }
    var center = 0
    while true {
      // Gaps between centers are geometric: far fewer draws than one for each element.
      let gap = log(1 - random.nextUniform()) / log1p(-probability)
      center += Int(min(gap, Double(mask.values.count)))
      guard center < mask.values.count else { return mask }
      let (pixel, channel) = center.quotientAndRemainder(dividingBy: channelCount)
      let (row, column) = pixel.quotientAndRemainder(dividingBy: size.width)
      mask.fill(
        rows: max(row - reach, 0)..<min(row + reach + 1, size.height),
        columns: max(column - reach, 0)..<min(column + reach + 1, size.width), channel: channel)
      center += 1
    }
  }

  /// Sets a rectangle of one channel to 1; with a spatial extent there is only channel 0.
  private mutating func fill(rows: Range<Int>, columns: Range<Int>, channel: Int = 0) {
    let channelCount = extent == .full ? size.channels : 1
    for row in rows {
      for column in columns {
        values[(row * size.width + column) * channelCount + channel] = 1
      }
    }
  }
}

// MARK: CowMask

extension MixingMask {
  /// The range of the fraction of pixels that are 1.
  private static let cowFractions = 0.2...0.8
  /// The range of the blur's standard deviation, in pixels.
  private static let cowDeviations = 4.0...16.0

  /// 1 where blurred noise is below a threshold (`cow`).
  ///
  /// French, Oliver, Salimans 2020, "Milking CowMask for semi-supervised image classification". The
  /// fraction of ones is uniform and the Gaussian's standard deviation log-uniform; λ is ignored.
  static func cow(size: Size, random: inout some RandomSource) -> MixingMask {
    let fraction = random.uniform(cowFractions.lowerBound, cowFractions.upperBound)
    let deviation = exp(
      random.uniform(log(cowDeviations.lowerBound), log(cowDeviations.upperBound)))
    let noise = (0..<size.height * size.width).map { _ in random.nextNormal() }
    let blurred = blur(noise, height: size.height, width: size.width, deviation: deviation)

    let count = Double(blurred.count)
    let mean = blurred.reduce(0, +) / count
    let squares = blurred.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let spread = (squares / max(count - 1, 1)).squareRoot()
    let threshold = mean + 2.0.squareRoot() * inverseErrorFunction(2 * fraction - 1) * spread

    var mask = MixingMask(.spatial, size: size)
    mask.values = blurred.map { $0 <= threshold ? 1 : 0 }
    return mask
  }

  /// `noise` convolved with a separable Gaussian, with zeros outside of the map.
  ///
  /// The Gaussian is cut off at three times the largest deviation. It is not normalized, since the
  /// threshold is relative to the spread of the result.
  private static func blur(
    _ noise: [Double], height: Int, width: Int, deviation: Double
  ) -> [Double] {
    let reach = Int((3 * cowDeviations.upperBound).rounded(.up))
    let weights = (0...reach).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
    /// Blurs along the columns of `rows` × `columns` values and transposes.
    func pass(_ values: [Double], _ rows: Int, _ columns: Int) -> [Double] {
      var result = [Double](repeating: 0, count: values.count)
      var sums = [Double](repeating: 0, count: columns)
      for row in 0..<rows {
        for column in 0..<columns { sums[column] = 0 }
        for source in max(row - reach, 0)..<min(row + reach + 1, rows) {
          let weight = weights[abs(source - row)]
          for column in 0..<columns { sums[column] += weight * values[source * columns + column] }
        }
        for column in 0..<columns { result[column * rows + row] = sums[column] }
      }
      return result
    }
    return pass(pass(noise, height, width), width, height)
  }

  /// The x with erf(x) = `value`, for |`value`| up to about 0.9, by Newton's method.
  private static func inverseErrorFunction(_ value: Double) -> Double {
    let slope = 2 / Double.pi.squareRoot()
    return (0..<8).reduce(value / slope) { x, _ in
      x - (erf(x) - value) / (slope * exp(-x * x))
    }
  }
}
