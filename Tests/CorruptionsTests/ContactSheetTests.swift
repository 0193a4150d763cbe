import Corruptions
import Images
import Testing

struct ContactSheetTests {
  @Test func `shows the image, then each severity, enlarged beside its name`() throws {
    let image = Image.test(side: 32)
    let corruptions = [try #require(Suites.cifar[.fog]), try #require(Suites.cifar[.contrast])]
    let sheet = try ContactSheet.draw(image, under: corruptions, severities: [2, 4], seed: 3)
    // Two columns: names of 8 letters, and three pictures of 64 pixels.
    let (top, nameWidth, half) = (30, 108, 330)
    #expect(sheet.width == 2 * half && sheet.height == top + 70 + 6)
    for (column, corruption) in corruptions.enumerated() {
      let left = column * half + nameWidth
      let pictures =
        [image] + (try [2, 4].map { try corruption.apply(to: image, severity: $0, seed: 3) })
      for (position, picture) in pictures.enumerated() {
        for (y, x) in [(0, 0), (13, 50), (63, 63)] {
          for channel in 0..<3 {
            #expect(
              sheet[top + y, left + 70 * position + x, channel] == picture[y / 2, x / 2, channel])
          }
        }
      }
    }
  }

  @Test func `titles are drawn`() throws {
    let fog = try #require(Suites.cifar[.fog])
    let sheet = try ContactSheet.draw(.test(side: 32), under: [fog], severities: [1])
    let isDark = { (row: Int, column: Int) in sheet[row, column, 0] == 0 }
    // The f of fog: its stem is the second of five dots, two pixels wide; letters are 9 dots high.
    let name = 30 + (64 - 18) / 2
    #expect((2..<14).allSatisfy { isDark(name + $0, 8) && isDark(name + $0, 9) })
    #expect(!isDark(name, 8) && !isDark(name + 6, 6 + 2 * 4) && isDark(name, 10))
  }

  @Test func `an image of another size is refused`() throws {
    #expect(throws: CorruptionError.self) {
      try ContactSheet.draw(.test(side: 64), under: Suites.cifar.corruptions)
    }
  }
}
