import Tensors

/// What share of one input each place of a feature map takes, in [0, 1].
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

  /// The dimensions that a mask varies over; it is the same along the others.
  package enum Extent: Sendable {
    case spatial  // [h, w]
    case channel  // [C]
    case full  // [h, w, C]

    /// The shape of a mask.
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
  /// The shares in row-major order of the extent's shape.
  package var values: [Float]

  /// A mask of the given shares, in row-major order of the extent's shape.
  package init(_ extent: Extent, size: Size, values: [Float]) {
    let count = extent.shape(size).reduce(1, *)
    precondition(values.count == count, "\(values.count) shares, expected \(count)")
    self.size = size
    self.extent = extent
    self.values = values
  }

  /// A mask of the same share everywhere.
  init(_ extent: Extent, size: Size, repeating value: Float = 0) {
    self.size = size
    self.extent = extent
    values = Array(repeating: value, count: extent.shape(size).reduce(1, *))
  }

  /// The share at one place.
  package subscript(row: Int, column: Int, channel: Int) -> Float {
    let strides = strides
    return values[row * strides.row + column * strides.column + channel * strides.channel]
  }

  /// The distance in `values` between neighbors of each dimension, 0 where they share a value.
  var strides: (row: Int, column: Int, channel: Int) {
    switch extent {
    case .spatial: (size.width, 1, 0)
    case .channel: (0, 0, 1)
    case .full: (size.width * size.channels, size.channels, 1)
    }
  }

  /// The mean share.
  package var mean: Double {
    values.reduce(0) { $0 + Double($1) } / Double(values.count)
  }

  /// The mask of transformed shares.
  func map(_ transform: (Float) -> Float) -> MixingMask {
    var mask = self
    mask.values = values.map(transform)
    return mask
  }

  /// The mean over the channels at each pixel, `[h, w]`.
  var channelMean: [Double] {
    switch extent {
    case .spatial: values.map(Double.init)
    case .channel: Array(repeating: mean, count: size.height * size.width)
    case .full:
      stride(from: 0, to: values.count, by: size.channels).map { pixel in
        values[pixel..<pixel + size.channels].reduce(0) { $0 + Double($1) } / Double(size.channels)
      }
    }
  }
}
