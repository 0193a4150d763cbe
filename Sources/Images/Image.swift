/// An 8-bit RGB image: `height × width × 3` bytes in row-major order, channels R, G, B.
public struct Image: Sendable, Equatable {
  /// The number of rows.
  public let height: Int
  /// The number of columns.
  public let width: Int
  /// The bytes, in the order `pixels[(row * width + column) * 3 + channel]`.
  ///
  /// Their number must not change.
  public var pixels: [UInt8]

  /// Creates an image of `height * width * 3` bytes.
  public init(height: Int, width: Int, pixels: [UInt8]) {
    precondition(pixels.count == height * width * 3, "\(pixels.count) bytes for \(height)×\(width)")
    self.height = height
    self.width = width
    self.pixels = pixels
  }

  /// The byte of a pixel's channel; channels 0, 1, 2 are R, G, B.
  public subscript(row: Int, column: Int, channel: Int) -> UInt8 {
    get { pixels[(row * width + column) * 3 + channel] }
    set { pixels[(row * width + column) * 3 + channel] = newValue }
  }
}

/// A grid of numbers of one or more channels, such as an image between filters.
package struct Raster: Sendable, Equatable {
  package let height: Int
  package let width: Int
  package let channels: Int
  package var values: [Double]  // [H, W, C]

  /// Creates a grid of `height * width * channels` numbers.
  package init(height: Int, width: Int, channels: Int, values: [Double]) {
    precondition(values.count == height * width * channels, "\(values.count) values")
    self.height = height
    self.width = width
    self.channels = channels
    self.values = values
  }

  /// Creates a square grid of one channel.
  package init(side: Int, values: [Double]) {
    self.init(height: side, width: side, channels: 1, values: values)
  }

  /// Creates a grid of an image's levels divided by 255.
  package init(_ image: Image) {
    self.init(
      height: image.height, width: image.width, channels: 3,
      values: image.pixels.map { Double($0) / 255 })
  }

  /// Creates a grid of an image's levels, from 0 to 255.
  package init(levels image: Image) {
    self.init(
      height: image.height, width: image.width, channels: 3, values: image.pixels.map(Double.init))
  }

  /// Replaces every number by the result of `body`, in row-major order.
  package mutating func transform(_ body: (Double) -> Double) {
    for index in values.indices { values[index] = body(values[index]) }
  }

  /// The number of channel 0 at a position.
  package subscript(row: Int, column: Int) -> Double {
    values[(row * width + column) * channels]
  }
}

extension Image {
  /// Creates an image from a grid of three channels with numbers from 0 to 1; see
  /// `UInt8.init(unit:)`.
  package init(unit raster: Raster) {
    self.init(
      height: raster.height, width: raster.width, pixels: raster.values.map { UInt8(unit: $0) })
  }

  /// Creates an image from a grid of three channels with levels, clamped to 0...255 and truncated.
  package init(levels raster: Raster) {
    self.init(
      height: raster.height, width: raster.width,
      pixels: raster.values.map { UInt8(min(max($0, 0), 255)) })
  }

  /// The image with `body` applied to its levels divided by 255, in row-major order.
  package func mapUnit(_ body: (Double) -> Double) -> Image {
    Image(
      height: height, width: width, pixels: pixels.map { UInt8(unit: body(Double($0) / 255)) })
  }
}

extension UInt8 {
  /// The level of a number from 0 to 1: 255 times the number, truncated.
  ///
  /// Numbers outside of 0...1 are clamped; NaN becomes 0.
  package init(unit value: Double) {
    self = value > 0 ? (value < 1 ? UInt8(value * 255) : 255) : 0
  }

  /// The level of a number from 0 to 1, computed in single precision.
  package init(unit value: Float) {
    self = value > 0 ? (value < 1 ? UInt8(value * 255) : 255) : 0
  }
}
