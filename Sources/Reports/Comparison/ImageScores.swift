import Scoring

/// What a predictor made of each image, added up over cells: the numbers whose means over images are
/// the compared metrics.
package struct ImageScores: Sendable {
  /// How many versions of the image are right.
  private(set) var rights: [Int]  // [N]
  private(set) var losses: [Double]  // [N]
  private(set) var brierScores: [Double]  // [N]
  /// Confidence less 1 where it is right.
  private(set) var excesses: [Double]  // [N]
  /// Evidence for the least and the largest calibration error: `CalibrationEvidence`.
  private(set) var lowerErrors: [Double]  // [N]
  private(set) var upperErrors: [Double]  // [N]
  /// The numbers behind figures that are no metrics of scores.
  package var figures: [Metric: [Double]] = [:]  // [N]

  /// No scores of `imageCount` images.
  package init(imageCount: Int) {
    rights = [Int](repeating: 0, count: imageCount)
    losses = [Double](repeating: 0, count: imageCount)
    (brierScores, excesses, lowerErrors, upperErrors) = (losses, losses, losses, losses)
  }

  /// The scores of a cell whose metrics are means over `parts`, the image of each row of each.
  package init(_ rows: [ScoredRows], parts: [[Int]], imageCount: Int) {
    self.init(imageCount: imageCount)
    for (scored, images) in zip(rows, parts) {
      let weight = Double(imageCount) / Double(parts.count * max(images.count, 1))
      let evidence = CalibrationEvidence(scored.rows, binning: scored.reliability.binning)
      for (row, image) in images.enumerated() {
        let score = scored.rows[row]
        rights[image] += score.isRight ? 1 : 0
        losses[image] += weight * score.negativeLogLikelihood
        brierScores[image] += weight * score.brierScore
        excesses[image] += weight * (score.confidence - (score.isRight ? 1 : 0))
        lowerErrors[image] += weight * evidence.lower[row]
        upperErrors[image] += weight * evidence.upper[row]
      }
    }
  }

  /// Adds the scores of another cell of the same images.
  package mutating func add(_ other: ImageScores) {
    for (figure, values) in other.figures {
      figures[figure] = figures[figure].map { zip($0, values).map(+) } ?? values
    }
    for image in rights.indices {
      rights[image] += other.rights[image]
      losses[image] += other.losses[image]
      brierScores[image] += other.brierScores[image]
      excesses[image] += other.excesses[image]
      lowerErrors[image] += other.lowerErrors[image]
      upperErrors[image] += other.upperErrors[image]
    }
  }
}

extension ImageScores {
  /// Tests whether these scores are better or worse than those of `reference` by one of
  /// `Comparison.metrics`.
  package func test(_ metric: Metric, against reference: ImageScores) -> PairedTest {
    switch metric {
    case .accuracy: accuracyTest(reference)
    case .negativeLogLikelihood: test(reference.losses, losses)
    case .brierScore: test(reference.brierScores, brierScores)
    case .calibrationError: calibrationTest(reference)
    case .overconfidence: closenessTest(reference)
    default: figureTest(metric, reference)
    }
  }

  /// The test of a figure: of numbers that are multiples of one, as of images whose set holds the label,
  /// that of counts.
  private func figureTest(_ metric: Metric, _ reference: ImageScores) -> PairedTest {
    guard let mine = figures[metric], let its = reference.figures[metric] else {
      return PairedTest(pValue: 1, favorsRun: nil)
    }
    guard metric.better == .higher else { return test(its, mine) }
    guard let counts = Self.multiples(mine + its) else { return test(mine, its) }
    return countTest(Array(counts[mine.count...]), Array(counts[..<mine.count]))
  }

  /// Numbers of at least 0 as multiples of the smallest step between them; nil where they are no
  /// multiples, or more than a hundredfold.
  private static func multiples(_ numbers: [Double]) -> [Int]? {
    let sorted = numbers.sorted()
    guard let largest = sorted.last, largest > 0 else { return numbers.map { _ in 0 } }
    // Sums of one number over cells are rounded.
    let steps = zip(sorted, [0] + sorted).map { $0 - $1 }.filter { $0 > 1e-9 * largest }
    guard let step = steps.min(), largest / step <= 100 else { return nil }
    let multiples = numbers.map { ($0 / step).rounded() }
    let areWhole = zip(numbers, multiples).allSatisfy { abs($0 / step - $1) < 1e-6 }
    return areWhole ? multiples.map { Int($0) } : nil
  }

  private func accuracyTest(_ reference: ImageScores) -> PairedTest {
    countTest(reference.rights, rights)
  }

  /// The test of counts of which higher ones are better.
  private func countTest(_ reference: [Int], _ run: [Int]) -> PairedTest {
    let differences = zip(run, reference).map { $0 - $1 }
    let sum = differences.reduce(0, +)
    let isOfOneCell = differences.allSatisfy { abs($0) <= 1 }
    let pValue =
      isOfOneCell
      ? McNemarTest(
        onlyFirstRight: differences.count { $0 < 0 }, onlySecondRight: differences.count { $0 > 0 }
      ).pValue : SignFlipTest(differences).pValue
    return PairedTest(pValue: pValue, favorsRun: sum == 0 ? nil : sum > 0)
  }

  /// The test of means of which lower ones are better.
  private func test(_ reference: [Double], _ run: [Double]) -> PairedTest {
    let test = PairedMeanTest(zip(reference, run).map { $0 - $1 })
    return PairedTest(pValue: test.pValue, favorsRun: test.sum == 0 ? nil : test.sum > 0)
  }

  /// The run is better if the reference's least error lies above the run's largest, and the reverse.
  private func calibrationTest(_ reference: ImageScores) -> PairedTest {
    let win = PairedMeanTest(zip(reference.lowerErrors, upperErrors).map { $0 - $1 }).upperTail
    let loss = PairedMeanTest(zip(lowerErrors, reference.upperErrors).map { $0 - $1 }).upperTail
    return PairedTest(
      pValue: min(1, 2 * min(win, loss)), favorsRun: win == loss ? nil : win < loss)
  }

  /// The run is closer to 0 if the difference and the sum of the two have different signs: both are
  /// tested, and the larger p-value counts (an intersection-union test, Berger 1982).
  private func closenessTest(_ reference: ImageScores) -> PairedTest {
    let difference = PairedMeanTest(zip(excesses, reference.excesses).map { $0 - $1 })
    let sum = PairedMeanTest(zip(excesses, reference.excesses).map { $0 + $1 })
    let isUnclear = difference.sum == 0 || sum.sum == 0
    return PairedTest(
      pValue: max(difference.pValue, sum.pValue),
      favorsRun: isUnclear ? nil : (difference.sum < 0) != (sum.sum < 0))
  }
}
