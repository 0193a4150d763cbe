import Images
import Tensors

/// Zero padding, a random crop of the original size, and a random horizontal flip.
///
/// Cropping before or after flipping gives the same distribution, since the offset of the crop is
/// uniform: one order serves every data set.
package struct CropAndFlip: Sendable, Equatable {
  /// The number of zero pixels added on each side.
  package let padding: Int
  /// Whether half of the images are flipped.
  package let flips: Bool

  package init(padding: Int, flips: Bool) {
    self.padding = padding
    self.flips = flips
  }

  /// The random choices for one image.
  package struct Draw: Sendable, Equatable, Hashable {
    /// The crop's first row and column in the padded image, each in 0...2·padding.
    package let row: Int
    package let column: Int
    package let isFlipped: Bool

    package init(row: Int, column: Int, isFlipped: Bool) {
      self.row = row
      self.column = column
      self.isFlipped = isFlipped
    }
  }

  /// Draws uniform offsets, and a flip with probability ½.
  package func draw(from random: inout some RandomSource) -> Draw {
    Draw(
      row: random.integer(in: 0..<2 * padding + 1),
      column: random.integer(in: 0..<2 * padding + 1),
      isFlipped: flips && random.bernoulli(0.5))
  }

  /// The crop of `image`, flipped if the draw says so.
  package func apply(_ draw: Draw, to image: Image) -> Image {
    let (height, width) = (image.height, image.width)
    let (down, right) = (draw.row - padding, draw.column - padding)
    let columns = (0..<width).clamped(to: -right..<width - right)
    var pixels = [UInt8](repeating: 0, count: image.pixels.count)
    image.pixels.withUnsafeBufferPointer { source in
      pixels.withUnsafeMutableBufferPointer { result in
        for row in (0..<height).clamped(to: -down..<height - down) {
          for column in columns {
            let from = ((row + down) * width + column + right) * 3
            let to = (row * width + (draw.isFlipped ? width - 1 - column : column)) * 3
            for channel in 0..<3 { result[to + channel] = source[from + channel] }
          }
        }
      }
    }
    return Image(height: height, width: width, pixels: pixels)
  }
}
