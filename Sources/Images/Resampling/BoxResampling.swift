extension Image {
  /// The image at another size, each pixel the mean of the source pixels whose centers its box
  /// holds; the nearest source pixel where it grows.
  ///
  /// Widths come first and are rounded to bytes, as in Pillow's `Image.BOX`. Of a center on the edge
  /// of two boxes the later one has it, as in Pillow 5.0.0; Pillow 13 gives it to the earlier one.
  package func boxResampled(height newHeight: Int, width newWidth: Int) -> Image {
    let narrow = Image.boxResample(
      pixels, length: width, to: newWidth, inner: 3)
    let pixels = Image.boxResample(narrow, length: height, to: newHeight, inner: newWidth * 3)
    return Image(height: newHeight, width: newWidth, pixels: pixels)
  }

  /// Resamples the middle axis of `source`, shaped [outer, length, inner].
  private static func boxResample(
    _ source: [UInt8], length: Int, to newLength: Int, inner: Int
  ) -> [UInt8] {
    let boxes = (0..<newLength).map { Box(index: $0, length: length, newLength: newLength) }
    var result: [UInt8] = []
    result.reserveCapacity(source.count / length * newLength)
    for line in stride(from: 0, to: source.count, by: length * inner) {
      for box in boxes {
        for i in 0..<inner {
          // Half of the fixed point's one rounds the sum.
          let sum = box.sources.reduce(1 << 21) {
            $0 + Int(source[line + $1 * inner + i]) * box.weight
          }
          result.append(UInt8(min(sum >> 22, 255)))
        }
      }
    }
    return result
  }

  /// The source pixels of one output pixel along an axis, all of one weight.
  private struct Box {
    let sources: [Int]
    /// In units of 2⁻²².
    let weight: Int

    init(index: Int, length: Int, newLength: Int) {
      let scale = Double(length) / Double(newLength)
      let size = max(scale, 1)
      let center = (Double(index) + 0.5) * scale
      let first = max(0, Int(center - size / 2 + 0.5))
      let last = min(length, Int(center + size / 2 + 0.5))
      let inside = (first..<last).filter {
        let distance = (Double($0) - center + 0.5) / size
        return -0.5 <= distance && distance < 0.5
      }
      sources = inside.isEmpty ? [first] : inside
      weight = Int(1 / Double(sources.count) * 0x1p22 + 0.5)
    }
  }
}
