/// Why predictions can't be scored.
public enum ScoringError: Error, CustomStringConvertible, Equatable {
  /// A dimension of the logits is zero or negative.
  case emptyShape(rows: Int, members: Int, classes: Int)
  /// The number of logits is not rows × members × classes.
  case wrongLogitCount(rows: Int, members: Int, classes: Int, found: Int)
  /// `count` labels are not class indices; the first is `label` in `row`.
  case labelOutOfRange(count: Int, row: Int, label: Int, classes: Int)
  /// `count` logits are NaN or infinite; the first is the one given.
  case notFinite(count: Int, row: Int, member: Int, class: Int)
  /// `count` logits are beyond the range of Float32; the first is the one given.
  case tooLarge(count: Int, row: Int, member: Int, class: Int)
  /// `count` numbers are no probabilities; the first is the one given.
  case notProbabilities(count: Int, row: Int, member: Int, class: Int, value: Double)
  /// The probabilities of `count` distributions do not sum to 1; the first is the one given.
  case wrongSums(count: Int, row: Int, member: Int, sum: Double)
  /// These numbers are to be put after the other kind.
  case otherNumbers(PredictionNumbers)
  /// A row was asked for that is not there.
  case noSuchRow(Int, rows: Int)
  /// A member was asked for that is not there.
  case noSuchMember(Int, members: Int)
  /// `network` was asked for of several members.
  case severalMembers(Int)
  /// `members-mean` was asked for as if it made predictions.
  case membersMeanPredictsNothing
  /// A temperature is zero, negative, infinite or NaN.
  case unusableTemperature(Double)
  /// A calibration, given by its name, is not made for this predictor.
  case calibrationOfOtherPredictor(String, predictor: String)
  /// What a calibration fitted is not for this predictor.
  case fittedForOtherPredictor(String)
  /// What a calibration fitted is for another number of members or classes.
  case wrongParameterCount(expected: Int, found: Int)
  /// A calibration, given by its name, is asked for that was not fitted.
  case notFitted(String)
  /// A calibration is asked for that is not among the scorer's.
  case unknownCalibration(String)
  /// There are too few rows for one in each half.
  case tooFewRowsToHalve(Int)
  /// Two lists of row indices are not two halves: `row` is in them `times` times, not once.
  case notHalves(row: Int, times: Int, rows: Int)
  /// The halves have another number of rows together than there are.
  case halvesOfOtherRows(expected: Int, found: Int)
  /// A cell to be scored has another shape than the logits that were fitted.
  case otherShape(expected: [Int], found: [Int])
  /// The validation set is of other members or classes than the rows to be scored.
  case otherValidationSet(expected: [Int], found: [Int])
  /// A cell to be scored has another label in a row than the logits that were fitted.
  case otherLabel(row: Int, expected: Int, found: Int)
  /// A bootstrap needs at least one image and one resample.
  case nothingToResample(images: Int, draws: Int)
  /// Rows to be resampled are given with another number of images.
  case imagesOfOtherRows(expected: Int, found: Int)
  /// A row to be resampled shows an image that is not among those that are resampled.
  case noSuchImage(Int, images: Int)
  /// A row has another number of probabilities than there are classes.
  case wrongProbabilityCount(classes: Int, found: Int)
  /// A probability is not in 0...1.
  case notProbability(Double, class: Int)
  /// The number of soft labels is not rows × classes.
  case wrongVoteCount(classes: Int, found: Int)
  /// `count` soft labels are neither votes nor probabilities; the first is the one given.
  case notVotes(count: Int, row: Int, class: Int, value: Double)
  /// `count` rows of soft labels are zeros; the first is the one given.
  case noVotes(count: Int, row: Int)
  /// Soft labels are of another number of classes than the logits.
  case softLabelsOfOtherClasses(expected: Int, found: Int)
  /// Soft labels are of another number of images than the logits.
  case softLabelsOfOtherRows(expected: Int, found: Int)

  public var description: String {
    switch self {
    case .emptyShape(let rows, let members, let classes):
      "logits [\(rows), \(members), \(classes)]: rows, members and classes must be at least 1"
    case .wrongLogitCount(let rows, let members, let classes, let found):
      "logits [\(rows), \(members), \(classes)] need the product of these as values, not \(found)"
    case .labelOutOfRange(let count, let row, let label, let classes):
      "\(count) labels are not in 0..<\(classes); the first is \(label) in row \(row)"
    case .notFinite(let count, let row, let member, let `class`):
      "\(count) logits are NaN or infinite; the first is row \(row), member \(member), "
        + "class \(`class`)"
    case .tooLarge(let count, let row, let member, let `class`):
      "\(count) logits are beyond ±3.4e38; the first is row \(row), member \(member), "
        + "class \(`class`)"
    case .notProbabilities(let count, let row, let member, let `class`, let value):
      "\(count) values are no probabilities; the first is \(value) in row \(row), member \(member), "
        + "class \(`class`); are they logits?"
    case .wrongSums(let count, let row, let member, let sum):
      "the probabilities of \(count) rows do not sum to 1; the first is row \(row), member \(member), "
        + "with \(sum)"
    case .otherNumbers(let numbers):
      "logits and probabilities cannot be put together, but these are \(numbers)"
    case .noSuchRow(let row, let rows): "there is no row \(row) in \(rows) rows"
    case .noSuchMember(let member, let members):
      "there is no member \(member) in \(members) members"
    case .severalMembers(let members):
      "network is the predictor of one member, and there are \(members); choose ensemble, "
        + "ensemble-probs or a member"
    case .membersMeanPredictsNothing:
      "members-mean is a mean of metric values and makes no predictions"
    case .unusableTemperature(let value): "a temperature must be positive and finite, not \(value)"
    case .calibrationOfOtherPredictor(let calibration, let predictor):
      "the calibration \(calibration) is not for \(predictor)"
    case .fittedForOtherPredictor(let predictor):
      "the calibration was fitted for another predictor than \(predictor)"
    case .wrongParameterCount(let expected, let found):
      "the calibration was fitted for \(found) members or classes, not for \(expected)"
    case .notFitted(let calibration): "the calibration \(calibration) was not fitted"
    case .unknownCalibration(let calibration): "there is no calibration \(calibration)"
    case .tooFewRowsToHalve(let rows): "two halves need at least 2 rows, not \(rows)"
    case .notHalves(let row, let times, let rows):
      "each of \(rows) rows must be in exactly one half, but row \(row) is in them \(times) times"
    case .halvesOfOtherRows(let expected, let found):
      "the halves have \(found) rows together, but there are \(expected)"
    case .otherShape(let expected, let found):
      "the calibrations were fitted on logits \(expected), this cell has \(found)"
    case .otherValidationSet(let expected, let found):
      "the validation set has the shape \(found) (rows, members, classes), the predictions \(expected): "
        + "expected as many members and classes; give the same models' logits of other images"
    case .otherLabel(let row, let expected, let found):
      "row \(row) has label \(found), but \(expected) in the logits that were fitted"
    case .nothingToResample(let images, let draws):
      "a bootstrap needs at least one image and one resample, not \(images) images and \(draws) resamples"
    case .imagesOfOtherRows(let expected, let found):
      "\(expected) rows to be resampled need as many images, not \(found)"
    case .noSuchImage(let image, let images):
      "a row shows image \(image), but images 0..<\(images) are resampled"
    case .wrongProbabilityCount(let classes, let found):
      "\(classes) classes need as many probabilities, not \(found)"
    case .notProbability(let value, let `class`):
      "the probability of class \(`class`) must be in 0...1, not \(value)"
    case .wrongVoteCount(let classes, let found):
      "soft labels of \(classes) classes need whole rows, and at least one, not \(found) values"
    case .notVotes(let count, let row, let `class`, let value):
      "row \(row), class \(`class`): expected votes or a probability, a number from 0 to 3.4e38, found "
        + "\(value)\(count > 1 ? ", the first of \(count) such numbers" : ""); are they logits?"
    case .noVotes(let count, let row):
      "row \(row): expected votes or probabilities of which one is above 0, found zeros"
        + (count > 1 ? ", the first of \(count) such rows" : "")
        + "; give the image votes, or leave it out of the labels"
    case .softLabelsOfOtherClasses(let expected, let found):
      "expected soft labels of \(expected) classes, as the predictions have, found \(found)"
    case .softLabelsOfOtherRows(let expected, let found):
      "expected soft labels of \(expected) images, as the predictions have, found \(found)"
    }
  }
}

extension ScoringError {
  /// Makes sure that a row's probabilities and label are of `classCount` classes.
  static func check(
    _ probabilities: [Double], label: Int, classCount: Int
  ) throws(ScoringError) {
    guard probabilities.count == classCount else {
      throw .wrongProbabilityCount(classes: classCount, found: probabilities.count)
    }
    if let bad = probabilities.firstIndex(where: { !(0...1).contains($0) }) {
      throw .notProbability(probabilities[bad], class: bad)
    }
    guard (0..<classCount).contains(label) else {
      throw .labelOutOfRange(count: 1, row: 0, label: label, classes: classCount)
    }
  }
}
