import Runs
import Scoring

extension FindingTables {
  /// The predictor as a sentence calls it.
  var noun: String { hasMembers ? "the ensemble" : "the network" }

  /// Whether the predictor is over- or underconfident, before and after calibration.
  var confidenceFinding: Finding? {
    let calibrations = [plain] + [fitted].compactMap { $0 }.filter { $0 != plain }
    let parts = calibrations.compactMap { calibration -> (String, [FoundNumber])? in
      let found = scopes.compactMap { scope in
        estimate(.overconfidence, scope, calibration: calibration).map { (scope, $0) }
      }
      guard !found.isEmpty else { return nil }
      return (
        confidence(under: calibration, found),
        found.map {
          self.found($1, .overconfidence, $0, calibration: calibration, isClaimed: true)
        }
      )
    }
    guard !parts.isEmpty else { return nil }
    let sentence = parts.map(\.0).joined(separator: "; ")
    return Finding(
      topic: .confidence, rule: "overconfidence", sentence: sentence.capitalizedFirst + ".",
      figure: "reliability", numbers: parts.flatMap(\.1))
  }

  private func confidence(
    under calibration: String, _ found: [(scope: Scope, overconfidence: Estimate)]
  ) -> String {
    let subject = calibration == plain ? noun : "it"
    let prefix =
      calibration == Calibration.none.name ? "without calibration" : "with \(calibration)"
    let told = found.filter { $0.overconfidence.side != .untold }.enumerated()
      .map { index, item in
        Self.clause(
          item.overconfidence, item.scope, isFirst: index == 0 && calibration == plain)
      }
    let untold = found.filter { $0.overconfidence.side == .untold }
    let places = FindingText.list(untold.map(\.scope.phrase), "and")
    let numbers = untold.map { FindingText.signedPoints($0.overconfidence) }
      .joined(separator: "; ")
    if told.isEmpty {
      return "\(prefix) it is unclear whether \(subject) is over- or underconfident \(places) "
        + "(\(numbers))"
    }
    let clear = "\(prefix) \(subject) is \(FindingText.list(told, "and"))"
    return untold.isEmpty
      ? clear : "\(clear); for \(untold[0].scope.images) it is unclear (\(numbers))"
  }

  private static func clause(
    _ overconfidence: Estimate, _ scope: Scope, isFirst: Bool
  ) -> String {
    let isOver = overconfidence.side == .above
    let size = isOver ? overconfidence : -overconfidence
    let words = FindingText.pointsInside(
      size, (isOver ? "above" : "below") + (isFirst ? " accuracy" : ""))
    return "\(isOver ? "over" : "under")confident \(scope.phrase) "
      + "(\(isFirst ? "confidence " : "")\(words))"
  }

  /// Whether calibration made NLL and ECE better or worse.
  var calibrationFinding: Finding? {
    guard let fitted, fitted != plain, plain == Calibration.none.name else { return nil }
    let parts = scopes.compactMap { scope -> (String, [FoundNumber])? in
      let changes: [(title: String, metric: Metric, change: Estimate)] =
        [ShownMetric.negativeLogLikelihood, .calibrationError].compactMap { shown in
          change(shown.metric, by: fitted, scope).map { (shown.title, shown.metric, $0) }
        }
      guard !changes.isEmpty else { return nil }
      return (
        Self.effect(changes.map { ($0.title, $0.change) }, scope),
        changes.map {
          found(
            $0.change, $0.metric, scope, calibration: fitted, minus: plain, isClaimed: true)
        }
      )
    }
    guard !parts.isEmpty else { return nil }
    return Finding(
      topic: .calibration, rule: "calibration",
      sentence: "Calibration by \(fitted): "
        + parts.map(\.0).joined(separator: "; ") + ".",
      figure: scopes.count > 1 ? "nll-map" : "reliability", numbers: parts.flatMap(\.1))
  }

  /// What a calibration does to metrics of which lower values are better.
  private static func effect(
    _ changes: [(title: String, change: Estimate)], _ scope: Scope
  ) -> String {
    let sides = Set(changes.map(\.change.side))
    let numbers = changes.map { "\($0.title) \(FindingText.signedNumber($0.change))" }
      .joined(separator: "; ")
    switch sides.count == 1 ? sides.first : nil {
    case .below: return "\(scope.phrase) it helps (\(numbers))"
    case .above: return "\(scope.phrase) it harms (\(numbers))"
    case .untold: return "whether it helps \(scope.phrase) is unclear (\(numbers))"
    case nil: break
    }
    func clauses(_ side: Estimate.Side, _ verb: String) -> [String] {
      changes.filter { $0.change.side == side }
        .map { "\(verb) \($0.title) (\(FindingText.signedNumber($0.change)))" }
    }
    let told = clauses(.below, "helps") + clauses(.above, "harms")
    let untold = clauses(.untold, "for").map { ", \($0) it is unclear" }
    return "\(scope.phrase) it \(FindingText.list(told, "but"))" + untold.joined()
  }
}

extension String {
  /// The text with a capital letter.
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
