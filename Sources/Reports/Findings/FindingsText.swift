import Formats
import Scoring

/// What an evaluation ends with on a terminal: its findings and the sheet of its scores.
package struct FindingsText: Sendable {
  private let findings: Findings
  private let sheet: ScoreSheet

  package init(_ tables: FindingTables) {
    findings = Findings(tables)
    sheet = ScoreSheet(tables)
  }

  /// The width of a line, in characters.
  private static let width = 100

  /// The text: sentences with their topics in front, then the sheet.
  package var text: String {
    let topicWidth = (Finding.Topic.allCases.map(\.title.count).max() ?? 0) + 2
    let sentences = findings.shown.flatMap { finding in
      let lines = Self.wrapped(finding.sentence, width: Self.width - topicWidth)
      return lines.enumerated().map { index, line in
        (index == 0 ? finding.topic.title : "").leftAligned(topicWidth) + line
      }
    }
    let remarks = findings.remarks.flatMap { Self.wrapped($0, width: Self.width) }
    return (sentences + [""] + sheet.lines + remarks).map { $0 + "\n" }.joined()
  }

  /// The lines of a text; a percent sign stays with its number.
  private static func wrapped(_ text: String, width: Int) -> [String] {
    let (space, glued) = (" %", "\u{A0}%")
    return text.withoutControlCharacters.replacing(space, with: glued).split(separator: " ")
      .reduce(into: [String]()) { lines, word in
        if let last = lines.last, last.count + 1 + word.count <= width {
          lines[lines.count - 1] = last + " " + word
        } else {
          lines.append(String(word))
        }
      }.map { $0.replacing(glued, with: space) }
  }
}
