import Runs
import Scoring

extension FindingTables {
  /// How much more accurate the ensemble is than its members; nil for one network.
  var ensembleFinding: Finding? {
    guard hasMembers, Predictor.membersMean.name != predictor else { return nil }
    let found = scopes.compactMap { scope in gain(.accuracy, scope).map { (scope, $0) } }
    guard !found.isEmpty else { return nil }
    return Finding(
      topic: .ensemble, rule: "ensemble-gain", sentence: Self.gains(found),
      figure: scopes.count > 1 ? "member-dots" : "diversity-curves",
      numbers: found.map {
        self.found(
          $1, .accuracy, $0, minus: Predictor.membersMean.name, isClaimed: true)
      })
  }

  private static func gains(_ found: [(scope: Scope, gain: Estimate)]) -> String {
    let told = found.filter { $0.gain.side != .untold }.map { scope, gain in
      gain.side == .above
        ? FindingText.points(gain, " more accurate \(scope.phrase)")
        : FindingText.points(-gain, " less accurate \(scope.phrase)")
    }
    let untold = found.filter { $0.gain.side == .untold }
    guard let first = untold.first else {
      return "The ensemble is \(FindingText.list(told, "and")) than its members on average."
    }
    guard !told.isEmpty else {
      let places = untold.map { "\($0.scope.phrase) (\(FindingText.signedPoints($0.gain)))" }
      return "Whether the ensemble is more accurate than its members on average is unclear "
        + "\(FindingText.list(places, "or"))."
    }
    return "The ensemble is \(told[0]) than its members on average; for \(first.scope.images) it "
      + "is unclear (\(FindingText.signedPoints(first.gain)))."
  }

  /// How well confidence tells right answers from wrong ones.
  var rankingFinding: Finding? {
    let found = scopes.compactMap { scope in
      estimate(.misclassificationAUROC, scope).map { (scope, $0) }
    }
    guard !found.isEmpty else { return nil }
    let parts = found.map { scope, share in
      "\(scope.phrase) in \(FindingText.share(share))"
    }
    return Finding(
      topic: .ranking, rule: "misclassification-auroc",
      sentence: "Of a right and a wrong answer the right one has the higher confidence, "
        + "\(FindingText.list(parts, "and")) of pairs (AUROC).",
      figure: "risk-coverage",
      numbers: found.map { self.found($1, .misclassificationAUROC, $0) })
  }
}
