import Foundation

// Text for people: names, lists and bytes in messages, columns of fixed width.

extension String {
  /// The text with control characters and line breaks replaced by U+FFFD, so that a name from an
  /// untrusted file cannot move the cursor of a terminal.
  package var withoutControlCharacters: String {
    String(UnicodeScalarView(unicodeScalars.map { $0.movesCursor ? "\u{FFFD}" : $0 }))
  }

  /// The first hundred characters on one line, for messages.
  package var oneLine: String {
    let shown = String(UnicodeScalarView(unicodeScalars.prefix(100)))
    return shown.withoutControlCharacters + (shown.utf8.count < utf8.count ? "…" : "")
  }
}

extension Unicode.Scalar {
  fileprivate var movesCursor: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}

extension Collection<String> {
  /// The first `limit` names with commas between them, and how many more there are, for messages.
  package func listed(limit: Int = 10) -> String {
    let shown = prefix(limit).map(\.oneLine).joined(separator: ", ")
    return count > limit ? "\(shown) and \(count - limit) more" : shown
  }
}

extension Sequence<UInt8> {
  /// The bytes in hexadecimal, two digits each.
  package func hexadecimal(separator: String = "") -> String {
    map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: separator)
  }
}

// MARK: Columns of fixed width

extension String {
  /// The text at the left of a column of `width` characters; a longer text is not cut.
  package func leftAligned(_ width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - count))
  }

  /// The text at the right of a column of `width` characters; a longer text is not cut.
  package func rightAligned(_ width: Int) -> String {
    String(repeating: " ", count: Swift.max(0, width - count)) + self
  }

  /// The text without the spaces at its end.
  package var withoutTrailingSpaces: String {
    String(reversed().drop { $0 == " " }.reversed())
  }
}

// MARK: Differences and spelling

/// The first line in which two texts differ, for messages; empty lines are ignored.
package struct LineDifference {
  /// The line of the first text without surrounding spaces, or `nothing` after the text's end.
  package let expected: String
  /// The line of the second text, in the same form.
  package let found: String

  /// Compares two texts, which must differ.
  package init(expected: String, found: String) {
    let lines = [expected, found].map { $0.split(whereSeparator: \.isNewline) }
    let index = zip(lines[0], lines[1]).prefix { $0 == $1 }.count
    guard index < max(lines[0].count, lines[1].count) else {
      (self.expected, self.found) = ("the same line breaks", "others")
      return
    }
    func line(of text: [Substring]) -> String {
      index < text.count
        ? text[index].trimmingCharacters(in: .whitespaces).oneLine : "nothing"
    }
    (self.expected, self.found) = (line(of: lines[0]), line(of: lines[1]))
  }
}

/// Suggests what a misspelled name was meant to be.
public enum Spelling {
  /// A phrase with the known name nearest to `name`, or with all known names if none is near.
  public static func suggestion(for name: String, from known: [String]) -> String {
    let nearest = known.min { distance(name, $0) < distance(name, $1) }
    if let nearest, distance(name, nearest) <= max(2, name.count / 3) {
      return "did you mean \"\(nearest)\"?"
    }
    return "known are \(known.joined(separator: ", "))"
  }

  /// The number of insertions, deletions and replacements that turn one name into the other (the
  /// Levenshtein distance).
  public static func distance(_ first: String, _ second: String) -> Int {
    let second = Array(second)
    var row = Array(0...second.count)
    for (i, character) in first.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in second.enumerated() {
        let replaced = diagonal + (character == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[second.count]
  }
}
