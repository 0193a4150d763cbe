import Formats
import Testing

struct DisplayTextTests {
  @Test func `control characters and long names stay on one short line`() {
    #expect("a\n\u{1B}[2J\u{2028}b".oneLine == "a\u{FFFD}\u{FFFD}[2J\u{FFFD}b")
    #expect(String(repeating: "é", count: 100).oneLine == String(repeating: "é", count: 100))
    #expect(String(repeating: "é", count: 101).oneLine == String(repeating: "é", count: 100) + "…")
  }

  @Test func `a list shows the first names and counts the others`() {
    #expect([].listed() == "")
    #expect(["a", "b"].listed(limit: 2) == "a, b")
    #expect(["a", "b\n", "c", "d"].listed(limit: 2) == "a, b\u{FFFD} and 2 more")
  }

  @Test func `bytes have two hexadecimal digits each`() {
    #expect(([0, 10, 255] as [UInt8]).hexadecimal(separator: " ") == "00 0a ff")
  }

  @Test func `columns have a fixed width unless the text is longer`() {
    #expect("ab".leftAligned(4) == "ab  ")
    #expect("±1".rightAligned(4) == "  ±1")
    #expect("abcde".leftAligned(4) == "abcde" && "abcde".rightAligned(4) == "abcde")
    #expect(" a  ".withoutTrailingSpaces == " a")
  }

  @Test func `the first different line of two texts`() {
    func difference(_ expected: String, _ found: String) -> [String] {
      let difference = LineDifference(expected: expected, found: found)
      return [difference.expected, difference.found]
    }
    #expect(difference("a\n\n  b\n", "a\n  c\n") == ["b", "c"])
    #expect(difference("a\nb", "a") == ["b", "nothing"])
    #expect(difference("a\n", "a\r\n") == ["the same line breaks", "others"])
  }

  @Test(arguments: [("lerning_rate", "learning_rate", 1), ("", "abc", 3), ("kitten", "sitting", 3)])
  func `spelling distance`(first: String, second: String, expected: Int) {
    #expect(Spelling.distance(first, second) == expected)
  }
}

struct ElementTypeTests {
  @Test func `every type has the size that its name says`() {
    for type in ElementType.allCases {
      let bits = Int(type.description.filter(\.isNumber)) ?? 8
      #expect(type.byteCount == bits / 8, "\(type)")
    }
  }

  @Test func `sizes of arrays, nil beyond what Int holds`() {
    #expect(ElementType.elementCount(of: []) == 1)
    #expect(ElementType.float32.byteCount(of: [2, 3]) == 24)
    #expect(ElementType.float32.byteCount(of: [2, 0]) == 0)
    #expect(ElementType.elementCount(of: [1 << 62]) == 1 << 62)
    #expect(ElementType.float32.byteCount(of: [1 << 62]) == nil)
    // The product of the extents other than 0 counts.
    #expect(ElementType.elementCount(of: [1 << 62, 0, 2]) == nil)
    #expect(ElementType.elementCount(of: [2, -1]) == nil)
  }

  @Test func `bytes are reversed within each element`() {
    for (size, expected) in [
      (1, [1, 2, 3, 4, 5, 6, 7, 8]), (2, [2, 1, 4, 3, 6, 5, 8, 7]),
      (4, [4, 3, 2, 1, 8, 7, 6, 5]), (8, [8, 7, 6, 5, 4, 3, 2, 1]),
    ] as [(Int, [UInt8])] {
      var bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
      bytes.withUnsafeMutableBytes { $0.reverseBytes(ofEach: size) }
      #expect(bytes == expected)
    }
  }
}
