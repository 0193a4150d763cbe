import Images
import Testing

struct BorderTests {
  /// A row `abcd` continued by six pixels on either side.
  @Test(arguments: [
    (Border.nearest, "aaaaaa" + "abcd" + "dddddd"),
    (Border.reflect, "cddcba" + "abcd" + "dcbaab"),
    (Border.mirror, "abcdcb" + "abcd" + "cbabcd"),
  ])
  func `pixels beyond the ends`(border: Border, expected: String) {
    let row = Array("abcd")
    #expect(String((-6..<10).map { row[border.place($0, in: 4)] }) == expected)
    #expect((-6..<10).allSatisfy { border.place($0, in: 1) == 0 })
  }
}
