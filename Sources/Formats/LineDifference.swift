import Foundation

/// The first line in which two texts differ, for messages; empty lines do not count.
package struct LineDifference {
  /// The first text's line without the spaces around it, `nothing` where the text has ended.
  package let expected: String
  /// The same of the second text.
  package let found: String

  package init(expected: String, found: String) {
    let lines = [expected, found].map { $0.split(whereSeparator: \.isNewline) }
    let place = zip(lines[0], lines[1]).prefix { $0 == $1 }.count
    guard place < max(lines[0].count, lines[1].count) else {
      (self.expected, self.found) = ("the same line breaks", "others")
      return
    }
    func line(of text: [Substring]) -> String {
      place < text.count
        ? text[place].trimmingCharacters(in: .whitespaces).oneLine : "nothing"
    }
    (self.expected, self.found) = (line(of: lines[0]), line(of: lines[1]))
  }
}
