import Runs
import Scoring

/// What is found in tables that are written where they are asked for.
extension FindingTables {
  /// The risk where the 80 % most confident answers are given, against that of all answers; nil where it
  /// was not asked for.
  var selectionFinding: Finding? {
    guard let metric = MetricGroup.selective.metrics.first else { return nil }
    let found = scopes.compactMap { scope -> (Scope, Estimate, Double)? in
      guard let risk = estimate(metric, scope), let accuracy = estimate(.accuracy, scope) else {
        return nil
      }
      return (scope, risk, 1 - accuracy.value)
    }
    guard !found.isEmpty else { return nil }
    let parts = found.map { scope, risk, all in
      "\(FindingText.share(risk)) \(scope.phrase) instead of \(SetText.percent(all, decimals: 1))"
    }
    return Finding(
      topic: .selection, rule: "risk-at-coverage",
      sentence: "Of the 80 % of answers that \(noun) is most confident of, "
        + "\(FindingText.list(parts, "and")) are wrong.",
      figure: "risk-coverage", numbers: found.map { self.found($0.1, metric, $0.0) })
  }

  /// How much of the top label's Brier score is miscalibration; nil where it was not asked for.
  var miscalibrationFinding: Finding? {
    let metrics = MetricGroup.decompositions.metrics
    let found = scopes.compactMap { scope -> (Scope, Estimate, share: Double)? in
      let parts = metrics.prefix(3).compactMap { estimate($0, scope) }
      guard parts.count == 3 else { return nil }
      let score = parts[0].value - parts[1].value + parts[2].value
      return score > 0 ? (scope, parts[0], parts[0].value / score) : nil
    }
    guard !found.isEmpty else { return nil }
    let parts = found.enumerated().map { index, part in
      let score = index == 0 ? " of the Brier score of \(noun)'s top label" : ""
      return "\(SetText.percent(part.share, decimals: 1))\(score) \(part.0.phrase)"
    }
    return Finding(
      topic: .miscalibration, rule: "miscalibration",
      sentence: "Miscalibration makes up \(FindingText.list(parts, "and")).",
      figure: "corp-reliability", numbers: found.map { self.found($0.1, metrics[0], $0.0) })
  }

  /// The α whose sets sentences and figures are about: the largest.
  var shownAlpha: String? { conformal?.values(of: "alpha").first }

  /// How often prediction sets hold the label, on clean images, on corrupted ones and in the worst cell.
  var setsFinding: Finding? {
    guard let alpha = shownAlpha, let share = Double(alpha),
      let clean = setCoverage(.clean, alpha)
    else { return nil }
    let kind = SetKind(.lac, alpha: share)
    let name = SetFigure.coverage.name(of: kind)
    func found(_ estimate: Estimate, _ over: String) -> FoundNumber {
      FoundNumber(
        estimate, name, over: over, predictor: predictor, calibration: Calibration.none.name)
    }
    var sentence =
      "\(SetText.promise(alpha)) prediction sets (lac) cover \(FindingText.share(clean)) of clean "
      + "images"
    var numbers = [found(clean, over(.clean))]
    if let corrupted = estimate(named: name, .corrupted) {
      sentence += ", \(FindingText.share(corrupted)) of corrupted ones"
      numbers.append(found(corrupted, over(.corrupted)))
    }
    let cells = corruptedCells.compactMap { cell in
      setCoverage(cell, alpha).map { (cell: cell, coverage: $0) }
    }
    if cells.count > 1, let worst = cells.min(by: { $0.coverage.value < $1.coverage.value }) {
      let (corruption, severity) = (worst.cell.corruption, worst.cell.severity)
      sentence += ", and \(FindingText.share(worst.coverage)) under \(corruption) \(severity)"
      numbers.append(found(worst.coverage, worst.cell.name))
    }
    return Finding(
      topic: .sets, rule: "prediction-sets", sentence: sentence + ".", figure: "prediction-sets",
      numbers: numbers)
  }

  /// The share of sets by `lac` that hold the label in a cell.
  private func setCoverage(_ cell: Cell, _ alpha: String) -> Estimate? {
    let key = [
      cell.corruption, "\(cell.severity)", predictor, ConformalMethod.lac.rawValue, alpha,
    ]
    guard let conformal, let value = conformal[key, "coverage"]?.value else { return nil }
    let ends = (conformal[key, "coverage_low"]?.value, conformal[key, "coverage_high"]?.value)
    guard case (let low?, let high?) = ends else { return Estimate(value, nil) }
    return Estimate(value, Interval(low: low, high: high, kind: .wilson))
  }

  /// The class of clean images that is recognized most rarely, and what it is taken for.
  var classesFinding: Finding? {
    guard
      let worst = classRows(.clean).filter({ $0.sampleCount >= Self.fewestOfClass })
        .min(by: { $0.accuracy < $1.accuracy })
    else { return nil }
    let interval = Interval.wilson(
      successes: Int((worst.accuracy * Double(worst.sampleCount)).rounded()),
      count: worst.sampleCount)
    let estimate = Estimate(worst.accuracy, interval)
    let confusion = worst.confusedWith.map {
      ", most often taken for \(title(ofClass: $0)) (\(SetText.percent(worst.confusedShare ?? 0)))"
    }
    return Finding(
      topic: .classes, rule: "worst-class",
      sentence: "Of clean images those of \(title(ofClass: worst.index)) are recognized least: "
        + "\(FindingText.share(estimate))\(confusion ?? "").",
      figure: "confusion",
      numbers: [
        FoundNumber(
          estimate, "accuracy(\(worst.index))", over: over(.clean), predictor: predictor,
          calibration: plain)
      ])
  }

  private static var fewestOfClass: Int { PredictionSets.fewestOfClass }

  /// A class by its number, and its name where it is known.
  func title(ofClass index: Int) -> String {
    guard let classNames, classNames.indices.contains(index) else { return "class \(index)" }
    return "class \(index) (\(classNames[index].oneLineName))"
  }

  /// What the tables say of a class in a cell.
  struct ClassRow {
    let index: Int
    let sampleCount: Int
    let accuracy: Double
    let confusedWith: Int?
    let confusedShare: Double?
  }

  /// The classes of the run's predictor in a cell.
  func classRows(_ cell: Cell) -> [ClassRow] {
    guard let classes else { return [] }
    return classes.values(of: "class").compactMap { name in
      let key = [cell.corruption, "\(cell.severity)", predictor, plain, name]
      guard let index = Int(name), let accuracy = classes[key, "accuracy"]?.value else {
        return nil
      }
      return ClassRow(
        index: index, sampleCount: Int(classes[key, "samples"]?.value ?? 0), accuracy: accuracy,
        confusedWith: classes[key, "most_confused_with"].map { Int($0.value) },
        confusedShare: classes[key, "most_confused_share"]?.value)
    }
  }
}

/// Words on prediction sets.
enum SetText {
  /// What sets of this α promise, such as `90 %`.
  static func promise(_ alpha: String) -> String { percent(1 - (Double(alpha) ?? 0)) }

  /// A share with at most so many decimals.
  static func percent(_ share: Double, decimals: Int = 2) -> String {
    let unit = decimals == 1 ? 10.0 : 100
    let value = (share * 100 * unit).rounded() / unit
    return (value == value.rounded() ? "\(Int(value))" : "\(value)") + " %"
  }
}
