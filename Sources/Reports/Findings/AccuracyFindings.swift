import Runs
import Scoring

extension FindingTables {
  /// How accurate the predictor is, and how much less under corruption.
  var accuracyFinding: Finding? {
    guard let clean = estimate(.accuracy, .clean) else { return nil }
    var numbers = [found(clean, .accuracy, .clean)]
    var sentence = "\(FindingText.share(clean, isFirst: true)) of clean images are right"
    if let corrupted = estimate(.accuracy, .corrupted), let change = accuracyChange {
      numbers += [
        found(corrupted, .accuracy, .corrupted),
        found(
          change, .accuracy, .corrupted, minus: Cell.clean.corruption, isClaimed: true),
      ]
      sentence += ", and \(FindingText.share(corrupted)) of corrupted ones"
      switch change.side {
      case .above: sentence += ": \(FindingText.points(change, " more"))"
      case .below: sentence += ": \(FindingText.points(-change, " fewer"))"
      case .untold:
        sentence +=
          "; whether corruption lowers it is unclear (\(FindingText.signedPoints(change)))"
      }
    }
    return Finding(
      topic: .accuracy, rule: "accuracy", sentence: sentence + ".",
      figure: scopes.count > 1 ? "family-curves" : "reliability", numbers: numbers)
  }

  /// Where accuracy under corruption is lowest; nil where there is nothing to choose from.
  var weaknessFinding: Finding? {
    let parts = Division.allCases.compactMap(weakest)
    guard !parts.isEmpty else { return nil }
    return Finding(
      topic: .weakness, rule: "weakness",
      sentence: "Accuracy is lowest \(FindingText.list(parts.map(\.clause), "and")).",
      figure: "accuracy-map", numbers: parts.flatMap(\.numbers))
  }

  /// The weakest part of a division, and the parts that it is not clearly below.
  private func weakest(_ division: Division) -> (clause: String, numbers: [FoundNumber])? {
    let parts = accuracies(by: division)
    guard parts.count > 1,
      let worst = parts.min(by: { $0.accuracy.value < $1.accuracy.value })
    else { return nil }
    let leads = parts.filter { $0.name != worst.name }
      .map { (name: $0.name, lead: lead(of: $0, over: worst)) }
    let rivals = leads.filter { $0.lead.side != .above }.map(\.name)
    let numbers =
      [number(worst.accuracy, Metric.accuracy.name, of: worst.name)]
      + leads.map {
        number(
          $0.lead, PairedMetric(.accuracy, minus: worst.name).name, of: $0.name, isClaimed: true)
      }
    return (Self.clause(division, worst, rivals), numbers)
  }

  private func number(
    _ estimate: Estimate, _ metric: String, of part: String, isClaimed: Bool = false
  ) -> FoundNumber {
    let scope = over(.corrupted).split(separator: "/").first.map(String.init) ?? ""
    return FoundNumber(
      estimate, metric, over: "\(scope)/\(part)", predictor: predictor, calibration: plain,
      isClaimed: isClaimed)
  }

  private static func clause(
    _ division: Division, _ worst: (name: String, accuracy: Estimate), _ rivals: [String]
  ) -> String {
    let severity = worst.name.replacing("severity-", with: "")
    let place =
      switch division {
      case .family: "for the family \(worst.name)"
      case .corruption: "for the corruption \(worst.name)"
      case .severity: "at severity \(severity)"
      }
    let number = FindingText.shareInside(worst.accuracy)
    let names = rivals.map { $0.replacing("severity-", with: "severity ") }
    switch names.count {
    case 0: return "\(place) (\(number))"
    case 1, 2:
      return "\(place) (\(number); not clearly below \(FindingText.list(names, "or")))"
    default: return "\(place) (\(number); not clearly below \(names.count) others)"
    }
  }
}
