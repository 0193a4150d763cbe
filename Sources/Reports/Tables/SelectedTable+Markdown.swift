import Formats

extension SelectedTable {
  /// The table in Markdown.
  package func markdown(hasIntervals: Bool) -> String {
    let heading =
      nameHeadings.map(\.title)
      + selection.scopes.flatMap { scope in
        selection.metrics.map { "\($0)\(Self.isShare($0) ? " (%)" : ""), \(scope.title)" }
      }
    let rule =
      nameHeadings.map { _ in ":--" } + heading.dropFirst(nameHeadings.count).map { _ in "--:" }
    let body = rows.map { row in
      nameHeadings.map { Self.escapedForMarkdown(row.names[$0.place]) }
        + row.entries.enumerated().map { column, entry in
          let metric = selection.metrics[column % selection.metrics.count]
          guard let entry else { return "–" }
          let value = Self.shown(entry.value, metric)
          let interval = entry.interval.map {
            " [\(Self.shown($0.low, metric)), \(Self.shown($0.high, metric))]"
          }
          return (entry.isBest ? "**\(value)**" : value) + (hasIntervals ? interval ?? "" : "")
        }
    }
    let lines = [heading.map(Self.escapedForMarkdown), rule] + body
    return lines.map { "| \($0.joined(separator: " | ")) |\n" }.joined() + "\n\(Self.legend)\n"
  }

  private static func escapedForMarkdown(_ text: String) -> String {
    text.withoutControlCharacters.reduce(into: "") { escaped, character in
      if "\\`*_{}[]<>#|$&~".contains(character) { escaped += "\\" }
      escaped.append(character)
    }
  }
}
