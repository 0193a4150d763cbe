import Scoring

/// What the findings of several runs say together: a sentence for each topic, which has the runs by what
/// is claimed of them.
///
/// Claims are those of each run's own findings: a side of 0 that a whole 95 % interval is on.
package struct SharedFindings {
  private let runs: [(label: String, tables: FindingTables)]
  private let scope: FindingTables.Scope

  /// The findings of `runs`, each with its label, on the images of `scope`.
  package init(_ runs: [(label: String, tables: FindingTables)], scope: FindingTables.Scope) {
    self.runs = runs
    self.scope = scope
  }

  /// What is implausible of each run.
  package var doubts: [String] {
    runs.flatMap { run in
      run.tables.doubtFindings.map { "\(run.label): \($0.sentence)" }
    }
  }

  /// Which runs are over- and which underconfident without calibration.
  package var confidence: String? {
    let groups = groups { tables in
      tables.plain == Calibration.none.name
        ? tables.estimate(.overconfidence, scope).map { ($0, FindingText.signedPoints($0)) } : nil
    }
    func clause(_ side: Estimate.Side, _ word: String) -> String? {
      groups[side].map {
        "\(FindingText.list($0, "and")) \($0.count == 1 ? "is" : "are") \(word)"
      }
    }
    let clauses = [
      clause(.above, "overconfident"), clause(.below, "underconfident"),
      groups[.untold].map { "for \(FindingText.list($0, "and")) it cannot be told" },
    ].compactMap { $0 }
    return clauses.isEmpty
      ? nil
      : "\(scope.phrase.capitalizedFirst), without calibration, "
        + clauses.joined(separator: "; ") + "."
  }

  /// For which runs calibration makes the negative log-likelihood better, and for which worse.
  package var calibration: String? {
    let names = Set(runs.compactMap(\.tables.fitted))
    let groups = groups { tables in
      guard let fitted = tables.fitted, tables.plain == Calibration.none.name else { return nil }
      return tables.change(.negativeLogLikelihood, by: fitted, scope)
        .map { ($0, FindingText.signedNumber($0)) }
    }
    func clause(_ side: Estimate.Side, _ words: String) -> String? {
      groups[side].map { "\(words) \(FindingText.list($0, "and"))" }
    }
    let clauses = [
      clause(.below, "better NLL of"), clause(.above, "worse NLL of"),
      clause(.untold, "cannot be told of"),
    ].compactMap { $0 }
    let name = names.count == 1 ? " by \(names.first ?? "")" : ""
    return clauses.isEmpty
      ? nil : "Calibration\(name) \(scope.phrase): " + clauses.joined(separator: "; ") + "."
  }

  /// The labels of the runs, with the text of a number in brackets, by the side of 0 that it is on.
  private func groups(
    by number: (FindingTables) -> (Estimate, text: String)?
  ) -> [Estimate.Side: [String]] {
    runs.reduce(into: [:]) { groups, run in
      guard let (estimate, text) = number(run.tables) else { return }
      groups[estimate.side, default: []].append("\(run.label) (\(text))")
    }
  }
}
