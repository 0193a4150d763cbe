import Scoring

/// What is found where people said what they see in the images.
extension FindingTables {
  /// How much probability is on other classes than people's, and whether predictions are unsure where people
  /// disagree; nil where no soft labels were given.
  var peopleFinding: Finding? {
    let metrics = MetricGroup.softLabels.metrics
    guard let distance = metrics.first(where: { $0.name == "tv_soft" }) else { return nil }
    let found = scopes.compactMap { scope in estimate(distance, scope).map { (scope, $0) } }
    guard !found.isEmpty else { return nil }
    let parts = found.map { scope, estimate in "\(FindingText.share(estimate)) \(scope.phrase)" }
    var sentence =
      "Of the probability that \(noun) gives, \(FindingText.list(parts, "and")) is on other classes than "
      + "people's"
    var numbers = found.map { self.found($0.1, distance, $0.0) }
    if let correlation = estimate(.entropyCorrelation, .clean) {
      sentence +=
        "; on clean images its entropy and theirs have a rank correlation "
        + "(\(FindingText.signedNumber(correlation)))"
      numbers.append(self.found(correlation, .entropyCorrelation, .clean))
    }
    return Finding(
      topic: .people, rule: "soft-labels", sentence: sentence + ".", figure: "soft-labels",
      numbers: numbers)
  }
}
