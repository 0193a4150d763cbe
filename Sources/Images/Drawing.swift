extension Image {
  /// Creates an image of one gray level.
  package init(height: Int, width: Int, gray: UInt8) {
    self.init(
      height: height, width: width, pixels: [UInt8](repeating: gray, count: height * width * 3))
  }

  /// The largest square at the center.
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

  /// Draws `image` with its top left pixel at (`row`, `column`), clipped to this image.
  package mutating func draw(_ image: Image, row: Int, column: Int) {
    for y in max(0, -row)..<max(0, -row, min(image.height, height - row)) {
      for x in max(0, -column)..<max(0, -column, min(image.width, width - column)) {
        for channel in 0..<3 { self[row + y, column + x, channel] = image[y, x, channel] }
      }
    }
  }

  /// Draws `text` in `PixelFont` with its top left at (`row`, `column`); each dot is a square of `scale`
  /// pixels of one gray level.
  package mutating func draw(
    _ text: String, row: Int, column: Int, scale: Int = 1, gray: UInt8 = 0
  ) {
    let dot = Image(height: scale, width: scale, gray: gray)
    for (index, character) in text.enumerated() {
      for (y, x) in PixelFont.dots(of: character) {
        draw(dot, row: row + y * scale, column: column + (index * PixelFont.advance + x) * scale)
      }
    }
  }
}

/// A bitmap font of 5×9 dots for labels in pictures: lower-case letters, digits and some punctuation.
package enum PixelFont {
  /// The number of dots from one character to the next.
  package static let advance = 6
  /// The number of dots from the top of a line of text to its bottom.
  package static let height = 9

  /// Bands of characters, each with the nine rows of its dots, five per character.
  private static let bands: [(characters: String, rows: [String])] = [
    (
      "abcdefghijklm",
      [
        "..... #.... ..... ....# ..... ..##. ..... #.... ..#.. ...#. #.... .##.. .....",
        "..... #.... ..... ....# ..... .#..# ..... #.... ..... ..... #.... ..#.. .....",
        ".###. #.##. .###. .##.# .###. .#... .#### #.##. .##.. ..##. #..#. ..#.. ##.#.",
        "....# ##..# #...# #..## #...# ####. #...# ##..# ..#.. ...#. #.#.. ..#.. #.#.#",
        ".#### #...# #.... #...# ##### .#... #...# #...# ..#.. ...#. ##... ..#.. #.#.#",
        "#...# #...# #...# #...# #.... .#... .#### #...# ..#.. ...#. #.#.. ..#.. #...#",
        ".#### ####. .###. .#### .###. .#... ....# #...# .###. ...#. #..#. .###. #...#",
        "..... ..... ..... ..... ..... ..... ....# ..... ..... #..#. ..... ..... .....",
        "..... ..... ..... ..... ..... ..... .###. ..... ..... .##.. ..... ..... .....",
      ]
    ),
    (
      "nopqrstuvwxyz",
      [
        "..... ..... ..... ..... ..... ..... .#... ..... ..... ..... ..... ..... .....",
        "..... ..... ..... ..... ..... ..... .#... ..... ..... ..... ..... ..... .....",
        "#.##. .###. ####. .#### #.##. .#### ####. #...# #...# #...# #...# #...# #####",
        "##..# #...# #...# #...# ##..# #.... .#... #...# #...# #...# .#.#. #...# ...#.",
        "#...# #...# #...# #...# #.... .###. .#... #...# #...# #.#.# ..#.. #...# ..#..",
        "#...# #...# #...# #...# #.... ....# .#..# #..## .#.#. #.#.# .#.#. .#### .#...",
        "#...# .###. ####. .#### #.... ####. ..##. .##.# ..#.. .#.#. #...# ....# #####",
        "..... ..... #.... ....# ..... ..... ..... ..... ..... ..... ..... ....# .....",
        "..... ..... #.... ....# ..... ..... ..... ..... ..... ..... ..... .###. .....",
      ]
    ),
    (
      "0123456789_-()",
      [
        ".###. ..#.. .###. .###. ...#. ##### ..##. ##### .###. .###. ..... ..... ...#. .#...",
        "#...# .##.. #...# #...# ..##. #.... .#... ....# #...# #...# ..... ..... ..#.. ..#..",
        "#..## ..#.. ....# ....# .#.#. ####. #.... ...#. #...# #...# ..... ..... .#... ...#.",
        "#.#.# ..#.. ...#. ..##. #..#. ....# ####. ..#.. .###. .#### ..... ##### .#... ...#.",
        "##..# ..#.. ..#.. ....# ##### ....# #...# .#... #...# ....# ..... ..... .#... ...#.",
        "#...# ..#.. .#... #...# ...#. #...# #...# .#... #...# ...#. ..... ..... ..#.. ..#..",
        ".###. .###. ##### .###. ...#. .###. .###. .#... .###. .##.. ##### ..... ...#. .#...",
        "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
        "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
      ]
    ),
  ]

  /// The dots of a character; none if the font lacks it.
  static func dots(of character: Character) -> [(row: Int, column: Int)] {
    for band in bands {
      guard let index = Array(band.characters).firstIndex(of: character) else { continue }
      let columns = index * advance..<index * advance + advance - 1
      var dots: [(row: Int, column: Int)] = []
      for (row, line) in band.rows.enumerated() {
        for (column, dot) in Array(line)[columns].enumerated() where dot == "#" {
          dots.append((row, column))
        }
      }
      return dots
    }
    return []
  }
}
