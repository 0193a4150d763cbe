/// Numbers on a grid, such as an image between filters.
package struct Raster: Sendable, Equatable {
  package let height: Int
  package let width: Int
  package let channels: Int
  package var values: [Double]  // [H, W, C]

  /// A grid of the given numbers, of which there must be `height * width * channels`.
  package init(height: Int, width: Int, channels: Int, values: [Double]) {
    precondition(values.count == height * width * channels, "\(values.count) values")
    self.height = height
    self.width = width
    self.channels = channels
    self.values = values
  }

  /// A square grid of one channel.
  package init(side: Int, values: [Double]) {
    self.init(height: side, width: side, channels: 1, values: values)
  }

  /// The levels of an image divided by 255.
  package init(_ image: Image) {
    self.init(
      height: image.height, width: image.width, channels: 3,
      values: image.pixels.map { Double($0) / 255 })
  }

  /// The levels of an image, from 0 to 255.
  package init(levels image: Image) {
    self.init(
      height: image.height, width: image.width, channels: 3, values: image.pixels.map(Double.init))
  }

  /// Replaces every number by `body` of it, in row-major order.
  package mutating func transform(_ body: (Double) -> Double) {
    for index in values.indices { values[index] = body(values[index]) }
  }

  package subscript(row: Int, column: Int) -> Double {
    values[(row * width + column) * channels]
  }
}

extension Image {
  /// The image of numbers from 0 to 1, of three channels; see `UInt8.init(unit:)`.
  package init(unit raster: Raster) {
    self.init(
      height: raster.height, width: raster.width, pixels: raster.values.map { UInt8(unit: $0) })
  }

  /// The image of numbers from 0 to 255, of three channels, clamped and cut off toward zero.
  package init(levels raster: Raster) {
    self.init(
      height: raster.height, width: raster.width,
      pixels: raster.values.map { UInt8(min(max($0, 0), 255)) })
  }

  /// The image whose levels divided by 255 are `body` of the old ones, taken in row-major order.
  package func mapUnit(_ body: (Double) -> Double) -> Image {
    Image(
      height: height, width: width, pixels: pixels.map { UInt8(unit: body(Double($0) / 255)) })
  }
}

extension UInt8 {
  /// The level of a number from 0 to 1: 255 times it, cut off toward zero.
  ///
  /// Numbers outside are clamped first; what is not a number gives 0.
  package init(unit value: Double) {
    self = value > 0 ? (value < 1 ? UInt8(value * 255) : 255) : 0
  }

  /// The level of a number from 0 to 1, with the product in single precision.
  package init(unit value: Float) {
    self = value > 0 ? (value < 1 ? UInt8(value * 255) : 255) : 0
  }
}
