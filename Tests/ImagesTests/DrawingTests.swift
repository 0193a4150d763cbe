import Images
import Testing

struct DrawingTests {
  @Test func `the middle square of wide and high images`() {
    let wide = Image(height: 1, width: 4, pixels: (0..<12).map(UInt8.init))
    #expect(wide.middleSquare == Image(height: 1, width: 1, pixels: [3, 4, 5]))
    let high = Image(height: 4, width: 2, pixels: (0..<24).map(UInt8.init))
    #expect(high.middleSquare == Image(height: 2, width: 2, pixels: (6..<18).map(UInt8.init)))
  }

  @Test(arguments: [(-1, -1), (-1, 1), (1, -1), (2, 2), (-9, 0), (0, 9), (9, 9)])
  func `what lies outside is left out`(row: Int, column: Int) {
    let patch = Image(height: 2, width: 2, pixels: (1...12).map(UInt8.init))
    var image = Image(height: 3, width: 3, gray: 0)
    image.draw(patch, row: row, column: column)
    for y in 0..<3 {
      for x in 0..<3 {
        let (inY, inX) = (y - row, x - column)
        let expected = 0..<2 ~= inY && 0..<2 ~= inX ? patch[inY, inX, 1] : 0
        #expect(image[y, x, 1] == expected)
      }
    }
  }

  @Test func `letters are drawn in dots, unknown ones left blank`() {
    var image = Image(height: PixelFont.height, width: 2 * PixelFont.advance, gray: 255)
    image.draw("Ül", row: 0, column: 0)
    let lines = (0..<PixelFont.height).map { row in
      String((0..<image.width).map { image[row, $0, 2] == 0 ? "#" : "." })
    }
    #expect(
      lines == [
        ".......##...", "........#...", "........#...", "........#...", "........#...",
        "........#...", ".......###..", "............", "............",
      ])
  }

  @Test func `every corruption's name can be written`() {
    for character in "abcdefghijklmnopqrstuvwxyz0123456789_-()" {
      var image = Image(height: PixelFont.height, width: PixelFont.advance, gray: 255)
      image.draw("\(character)", row: 0, column: 0)
      #expect(image.pixels.contains(0), "\(character)")
    }
  }
}
