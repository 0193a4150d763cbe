/// Names of sets of images of no class, which name folders of predictions and rows of tables.
package enum OutOfDistributionName {
  private static let largestLength = 64

  /// Whether it has letters, digits, `.`, `_` and `-` alone, begins with a letter or digit, and has at
  /// most 64 characters.
  package static func isValid(_ name: String) -> Bool {
    func isPlain(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: false
      }
    }
    let marks = Array("._-".utf8)
    return (1...largestLength).contains(name.utf8.count)
      && name.utf8.allSatisfy { isPlain($0) || marks.contains($0) }
      && isPlain(name.utf8[name.utf8.startIndex])
  }

  /// What `isValid` asks for, for messages.
  package static let expectation =
    "a name of letters, digits, \".\", \"_\" and \"-\", at most \(largestLength)"
}
