// M members, K classes.

import Predictions
import Runs
import Scoring

/// What is implausible in the predictions of the clean images.
struct CleanSigns {
  /// The predictions.
  let clean: LabeledLogits
  /// The answers of the first predictor.
  let answers: AnswerCounts
  /// The mean confidence of the first predictor, without calibration.
  let meanConfidence: Double

  /// The signs of predictions of which `rows` are the scores of the first predictor, without calibration.
  init(_ clean: LabeledLogits, _ rows: [RowScore]) {
    self.clean = clean
    answers = AnswerCounts(rows, labels: clean.labels, classCount: clean.classCount)
    meanConfidence = rows.reduce(0) { $0 + $1.confidence } / Double(rows.count)
  }

  var doubts: [RunRecord.Doubt] {
    [chance, probabilities, equalRows, equalMembers, flatConfidence].compactMap { $0 }
  }

  private var accuracy: Double { Double(answers.rightCount) / Double(answers.rowCount) }

  /// No more answers are right than by chance, or another order of the classes makes far more right.
  private var chance: RunRecord.Doubt? {
    let isByChance = answers.isAboveChance == false
    let share = Plausibility.percent(accuracy)
    let start =
      "Accuracy on clean images, \(share) of \(answers.rowCount), is not above chance, "
      + "\(Plausibility.percent(answers.shareByChance)): "
    if let renaming = answers.plausibleRenaming {
      let better = Plausibility.percent(
        Double(renaming.rightCount) / Double(answers.rowCount))
      let order = "with \(renaming.classCount) of \(answers.classCount) classes in another order"
      return RunRecord.Doubt(
        .renamed,
        isByChance
          ? start + "the order of classes or the preparation of images may be wrong; \(order) it "
            + "would be \(better)."
          : "Accuracy on clean images, \(share), would be \(better) \(order): the order of classes may "
            + "be wrong.")
    }
    return isByChance
      ? RunRecord.Doubt(
        .chance, start + "the order of classes or the preparation of images may be wrong.") : nil
  }

  /// Numbers that are scored as logits are from 0 to 1 and sum to 1.
  private var probabilities: RunRecord.Doubt? {
    let members = clean.membersLikeProbabilities()
    guard !members.isEmpty else { return nil }
    let remark = NumberDoubt.probabilities.remark(
      members: members.count < clean.memberCount ? members : [], isBinary: false, isOfFiles: false)
    return RunRecord.Doubt(.probabilities, "Clean images: \(remark)")
  }

  /// All rows are alike, whose labels are not.
  private var equalRows: RunRecord.Doubt? {
    guard answers.commonestLabelCount < answers.rowCount, clean.hasEqualRows else { return nil }
    return RunRecord.Doubt(
      .equalRows, "All rows of the clean images are alike: the model ignores its input.")
  }

  /// Some members have the same predictions.
  private var equalMembers: RunRecord.Doubt? {
    let groups = clean.equalMembers
    guard let first = groups.first else { return nil }
    if first.count == clean.memberCount {
      return RunRecord.Doubt(
        .equalMembers,
        "The predictions of all \(first.count) members are byte-identical: it is an ensemble of one."
      )
    }
    let names = groups.map { "members \(Plausibility.list($0.map(String.init)))" }
    return RunRecord.Doubt(
      .equalMembers,
      "The predictions of \(Plausibility.list(names, limit: 3)) are byte-identical: "
        + "\(groups.count == 1 ? "they are" : "each group is") one member of the ensemble.")
  }

  /// Many answers are right, and hardly one has more confidence than a guess.
  private var flatConfidence: RunRecord.Doubt? {
    let guess = 1 / Double(answers.classCount)
    guard meanConfidence < 1.5 * guess, accuracy > 5 * guess,
      BinomialTest(
        successes: answers.rightCount, count: answers.rowCount, probability: guess
      ).pValue < AnswerCounts.levelOfChance
    else { return nil }
    return RunRecord.Doubt(
      .flatConfidence,
      "Mean confidence on clean images, \(Plausibility.percent(meanConfidence)), is hardly above that of a "
        + "guess, \(Plausibility.percent(guess)), where \(Plausibility.percent(accuracy)) of answers are "
        + "right: logits may have been scaled, or normalized twice.")
  }
}

extension AnswerCounts {
  /// The order of classes that makes more than twice as many answers right, and more than half of all.
  fileprivate var plausibleRenaming: Renaming? {
    renaming.flatMap { renaming in
      renaming.rightCount > 2 * rightCount && 2 * renaming.rightCount > rowCount
        ? renaming : nil
    }
  }
}
