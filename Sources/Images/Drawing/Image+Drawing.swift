extension Image {
  /// An image of one gray level.
  package init(height: Int, width: Int, gray: UInt8) {
    self.init(
      height: height, width: width, pixels: [UInt8](repeating: gray, count: height * width * 3))
  }

  /// The largest square around the middle.
  package var middleSquare: Image {
    let side = min(height, width)
    let (top, left) = ((height - side) / 2, (width - side) / 2)
    var square = Image(height: side, width: side, gray: 0)
    for row in 0..<side {
      let start = ((top + row) * width + left) * 3
      square.pixels.replaceSubrange(
        row * side * 3..<(row + 1) * side * 3, with: pixels[start..<start + side * 3])
    }
    return square
  }

  /// Draws `image` with its first pixel at (`row`, `column`); what does not fit is left out.
  package mutating func draw(_ image: Image, row: Int, column: Int) {
    for y in max(0, -row)..<max(0, -row, min(image.height, height - row)) {
      for x in max(0, -column)..<max(0, -column, min(image.width, width - column)) {
        for channel in 0..<3 { self[row + y, column + x, channel] = image[y, x, channel] }
      }
    }
  }

  /// Draws `text` in `PixelFont`, with its top left at (`row`, `column`), each dot a square of
  /// `scale` pixels of one gray level.
  package mutating func draw(
    _ text: String, row: Int, column: Int, scale: Int = 1, gray: UInt8 = 0
  ) {
    let dot = Image(height: scale, width: scale, gray: gray)
    for (place, character) in text.enumerated() {
      for (y, x) in PixelFont.dots(of: character) {
        draw(dot, row: row + y * scale, column: column + (place * PixelFont.advance + x) * scale)
      }
    }
  }
}
