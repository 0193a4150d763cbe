import Runs
import Scoring

/// What is implausible in a run: each may mean that predictions, labels or images are not what they
/// are taken for.
extension FindingTables {
  var doubtFindings: [Finding] {
    let recorded = doubts.map { doubt in
      self.doubt(doubt.rule, doubt.sentence, figure: Self.figure(of: doubt))
    }
    let computed = [
      renamedClasses, oneAnswer, chance, betterUnderCorruption, betterAtHigherSeverity,
      temperatureAtBound,
    ].compactMap { $0 }
    let said = Set(doubts.flatMap(Self.rulesSaid))
    return recorded + computed.filter { !said.contains($0.rule) }
  }

  /// The rules below whose sentence one that was recorded stands for.
  private static func rulesSaid(by doubt: RunRecord.Doubt) -> [String] {
    switch RunRecord.Doubt.Rule(rawValue: doubt.rule) {
    case .renamed: ["renamed-classes", "chance"]
    case .equalRows: ["one-answer"]
    case .betterAtSeverity5: ["better-under-corruption"]
    default: [doubt.rule]
    }
  }

  private static func figure(of doubt: RunRecord.Doubt) -> String {
    switch RunRecord.Doubt.Rule(rawValue: doubt.rule) {
    case .equalCells, .betterAtSeverity5: "family-curves"
    default: "reliability"
    }
  }

  private func doubt(
    _ rule: String, _ sentence: String, figure: String, _ numbers: [FoundNumber] = []
  ) -> Finding {
    Finding(topic: .doubt, rule: rule, sentence: sentence, figure: figure, numbers: numbers)
  }

  /// Other names of the classes make many more answers right.
  private var renamedClasses: Finding? {
    guard let answers, let renaming = answers.renaming,
      let own = Self.share(answers.rightCount, of: answers.rowCount),
      let renamed = Self.share(renaming.rightCount, of: answers.rowCount)
    else { return nil }
    return doubt(
      "renamed-classes",
      "The labels look permuted: under other names of \(renaming.classCount) of "
        + "\(answers.classCount) classes \(FindingText.share(renamed)) of the answers to clean "
        + "images are right, instead of \(FindingText.share(own)).", figure: "reliability")
  }

  /// One class takes this share of the answers, and at most half of that of the labels.
  static let shareOfOneAnswer = 0.95

  /// Almost all answers are the same.
  private var oneAnswer: Finding? {
    guard let answers else { return nil }
    let (count, total) = (answers.commonestAnswerCount, answers.rowCount)
    guard answers.classCount > 1, total >= Self.fewestImages,
      Double(count) >= Self.shareOfOneAnswer * Double(total),
      2 * answers.labelCountOfCommonestAnswer <= count
    else { return nil }
    return doubt(
      "one-answer",
      "\(count) of \(total) answers to clean images are the class \(answers.commonestAnswer), the "
        + "label of \(answers.labelCountOfCommonestAnswer).", figure: "reliability")
  }

  /// Accuracy on clean images is no better than that of one answer to all of them.
  private var chance: Finding? {
    guard let clean = estimate(.accuracy, .clean), let chance = shareByChance else { return nil }
    return doubt(
      "chance",
      "Accuracy on clean images, \(FindingText.share(clean)), is no better than chance, "
        + "\(FindingText.decimal(100 * chance)) %: are the labels those of these images?",
      figure: "reliability", [found(clean, .accuracy, .clean)])
  }

  /// What is right by chance, where no more answers are.
  ///
  /// Where predictions are not at hand, it is 1/K, and the interval of the accuracy reaches down to it; the
  /// number of classes is the quotient of two Brier scores.
  private var shareByChance: Double? {
    if let answers { return answers.isAboveChance == false ? answers.shareByChance : nil }
    guard let clean = estimate(.accuracy, .clean), let interval = clean.interval,
      let brier = estimate(.brierScore, .clean)?.value,
      let perClass = estimate(.brierScorePerClass, .clean)?.value, perClass > 0
    else { return nil }
    let guess = 1 / (brier / perClass).rounded()
    return guess < 1 && interval.low <= guess ? guess : nil
  }

  /// Accuracy is higher under corruption than on clean images.
  private var betterUnderCorruption: Finding? {
    guard let change = accuracyChange, change.side == .above else { return nil }
    return doubt(
      "better-under-corruption",
      "Accuracy is \(FindingText.points(change, " higher under corruption than on clean images")): "
        + "are these the corrupted images?", figure: "family-curves",
      [
        found(
          change, .accuracy, .corrupted, minus: Cell.clean.corruption, isClaimed: true)
      ])
  }

  /// Accuracy is lowest at a severity below the highest.
  private var betterAtHigherSeverity: Finding? {
    let parts = accuracies(by: .severity)
    guard let worst = parts.min(by: { $0.accuracy.value < $1.accuracy.value }),
      let highest = parts.max(by: { Self.severity($0.name) < Self.severity($1.name) }),
      highest.name != worst.name
    else { return nil }
    let lead = lead(of: highest, over: worst)
    guard lead.side == .above else { return nil }
    return doubt(
      "better-at-higher-severity",
      "Accuracy is \(FindingText.points(lead, " higher")) at severity "
        + "\(Self.severity(highest.name)) than at severity \(Self.severity(worst.name)): are the "
        + "severities in order?", figure: "family-curves")
  }

  private static func severity(_ name: String) -> Int {
    Int(name.replacing("severity-", with: "")) ?? 0
  }

  /// A fitted temperature is at a bound of its search.
  private var temperatureAtBound: Finding? {
    guard let fitted, isAtBound(fitted) else { return nil }
    return doubt(
      "temperature-at-bound",
      "The fitted temperature (calibration \(fitted)) is at a bound of its search: on the clean images "
        + "that it was fitted on, all answers are right or none is better than chance.",
      figure: "reliability")
  }

  private static func share(_ count: Int, of total: Int) -> Estimate? {
    Interval.wilson(successes: count, count: total).map {
      Estimate(Double(count) / Double(total), $0)
    }
  }
}
