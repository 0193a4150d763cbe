import Scoring

/// What holds of several runs: a sentence for each topic, in which runs of the same claim stand together.
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
    return said(of: groups, above: "overconfident", below: "underconfident").map {
      "\(scope.phrase.capitalizedFirst), without calibration, \($0)."
    }
  }

  /// For which runs calibration makes NLL and ECE better, and for which worse.
  package var calibration: String? {
    let names = Set(runs.compactMap(\.tables.fitted))
    let clauses = [ShownMetric.negativeLogLikelihood, .calibrationError].compactMap { shown in
      let groups = groups { tables in
        guard let fitted = tables.fitted, tables.plain == Calibration.none.name else { return nil }
        return tables.change(shown.metric, by: fitted, scope)
          .map { ($0, FindingText.signedNumber($0)) }
      }
      return said(of: groups, above: "worse", below: "better").map { "in \(shown.title) \($0)" }
    }
    let name = names.count == 1 ? "calibration by \(names.first ?? "")" : "calibration"
    return clauses.isEmpty
      ? nil
      : "\(scope.phrase.capitalizedFirst), with \(name), "
        + clauses.joined(separator: "; ") + "."
  }

  /// Which runs are what, by the side of 0 that their numbers are on; nil for no runs.
  private func said(
    of groups: [Estimate.Side: [String]], above: String, below: String
  ) -> String? {
    let clauses = [(Estimate.Side.above, above), (.below, below)].compactMap { side, word in
      groups[side].map { names in
        names.count > 1 && names.count == runs.count
          ? "\(names.count == 2 ? "both" : "all \(names.count)") runs are \(word): \(FindingText.list(names, "and"))"
          : "\(FindingText.list(names, "and")) \(names.count == 1 ? "is" : "are") \(word)"
      }
    }
    let all =
      clauses + (groups[.untold].map { ["for \(FindingText.list($0, "and")) it is unclear"] } ?? [])
    return all.isEmpty ? nil : all.joined(separator: ", ")
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
