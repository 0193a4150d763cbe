import Formats

extension SelectedTable {
  /// The table in LaTeX, for the package `booktabs`.
  package func latex(hasIntervals: Bool) -> String {
    let (names, metrics) = (nameHeadings.count, selection.metrics.count)
    let columns =
      String(repeating: "l", count: names)
      + String(repeating: "r", count: selection.scopes.count * metrics)
    let scopes =
      String(repeating: "& ", count: names)
      + selection.scopes.map {
        "\\multicolumn{\(metrics)}{c}{\(Self.escapedForLaTeX($0.title))}"
      }.joined(separator: " & ")
    let rules = selection.scopes.indices.map { scope in
      let first = names + scope * metrics + 1
      return "\\cmidrule(lr){\(first)-\(first + metrics - 1)}"
    }
    let headings =
      nameHeadings.map(\.title)
      + selection.scopes.flatMap { _ in
        selection.metrics.map { $0 + (Self.isShare($0) ? " (%)" : "") }
      }
    let body = rows.map { row in
      line(
        nameHeadings.map { Self.escapedForLaTeX(row.names[$0.place]) }
          + row.entries.enumerated().map { column, entry in
            field(entry, selection.metrics[column % metrics], hasIntervals)
          })
    }
    return """
      % Needs \\usepackage{booktabs}. \(Self.legend)
      \\begin{tabular}{\(columns)}
      \\toprule
      \(scopes) \\\\
      \(rules.joined(separator: " "))
      \(line(headings.map(Self.escapedForLaTeX)))
      \\midrule
      \(body.joined(separator: "\n"))
      \\bottomrule
      \\end{tabular}

      """
  }

  private func line(_ fields: [String]) -> String { fields.joined(separator: " & ") + " \\\\" }

  private func field(_ entry: Entry?, _ metric: String, _ hasIntervals: Bool) -> String {
    guard let entry else { return "--" }
    func number(_ value: Double) -> String {
      Self.shown(value, metric).replacing("-", with: "$-$")
    }
    let value = number(entry.value)
    let interval = entry.interval.map { " {\\small [\(number($0.low)), \(number($0.high))]}" }
    return (entry.isBest ? "\\textbf{\(value)}" : value) + (hasIntervals ? interval ?? "" : "")
  }

  private static func escapedForLaTeX(_ text: String) -> String {
    text.withoutControlCharacters.reduce(into: "") { escaped, character in
      switch character {
      case "\\": escaped += "\\textbackslash{}"
      case "~": escaped += "\\textasciitilde{}"
      case "^": escaped += "\\textasciicircum{}"
      case "<": escaped += "\\textless{}"
      case ">": escaped += "\\textgreater{}"
      case "&", "%", "$", "#", "_", "{", "}": escaped += "\\\(character)"
      default: escaped.append(character)
      }
    }
  }
}
