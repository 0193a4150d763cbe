import Foundation

/// What a pass over rows by falling confidence makes of them, in each lane under one set of weights.
struct WeightedScores {
  /// The weights of all rows, and of the right ones.
  private let total: Lanes
  private let right: Lanes
  private(set) var loss = Lanes.zero
  private(set) var brierScore = Lanes.zero
  private var calibrationError = Lanes.zero
  private var maximumError = Lanes.zero
  private var debiasedSquares = Lanes.zero
  private var hasDebiased = Lanes.zero
  private var covered = Lanes.zero
  private var coveredRight = Lanes.zero
  private var twiceWins = Lanes.zero
  private var area = Lanes.zero
  private var risk = Lanes.zero
  private var hasBegun = false
  private var twiceGeneralisedArea = Lanes.zero
  private var successPrecision = Lanes.zero
  private var errorPrecision = Lanes.zero
  private var falsePositives = Lanes.zero
  private var equalMass: WeightedEqualMassBins

  init(total: Lanes, right: Lanes) {
    (self.total, self.right) = (total, right)
    equalMass = WeightedEqualMassBins(total: total)
  }

  /// Adds what is a sum over rows.
  @inline(__always)
  mutating func add(loss: Lanes, brierScore: Lanes) {
    self.loss += loss
    self.brierScore += brierScore
  }

  /// Adds a bin's weight, that of its right rows, and its Σ of weight · (confidence − right).
  mutating func addBin(_ count: Lanes, right: Lanes, excess: Lanes) {
    let size = pointwiseMax(excess, -excess)
    calibrationError += size
    let gap = (size / count).replacing(with: 0, where: count .== 0)
    maximumError = pointwiseMax(maximumError, gap)
    let accuracy = right / count
    let square = count * (gap * gap - accuracy * (1 - accuracy) / (count - 1))
    debiasedSquares += square.replacing(with: 0, where: count .<= 1)
    hasDebiased.replace(with: 1, where: count .> 1)
  }

  /// Adds the rows of one confidence, less than that of those before: their weight, that of the right
  /// ones, and Σ of weight · (confidence − right).
  mutating func addTie(_ tied: Lanes, right tiedRight: Lanes, excess: Lanes) {
    let (tiedWrong, coveredWrong) = (tied - tiedRight, covered - coveredRight)
    twiceWins += tiedWrong * (2 * coveredRight + tiedRight)
    twiceGeneralisedArea += tied * (2 * coveredWrong + tiedWrong)
    // From the least confident up, these and those below are what has been found.
    let errors = tiedWrong * ((total - right - coveredWrong) / (total - covered))
    errorPrecision += errors.replacing(with: 0, where: tiedWrong .== 0)
    let isBelow = 100 * coveredRight .< 95 * right
    covered += tied
    coveredRight += tiedRight
    falsePositives.replace(with: covered - coveredRight, where: isBelow)
    let successes = tiedRight * (coveredRight / covered)
    successPrecision += successes.replacing(with: 0, where: tiedRight .== 0)
    addRisk(of: tied)
    equalMass.add(tied, excess: excess)
  }

  private mutating func addRisk(of tied: Lanes) {
    var newRisk = (covered - coveredRight) / covered
    if !hasBegun {
      newRisk.replace(with: 0, where: covered .== 0)
      // Down to coverage 0 the risk is that of the most confident.
      risk.replace(with: newRisk, where: covered .== tied)
      hasBegun = all(covered .> 0)
    }
    area += tied * (risk + newRisk)
    risk = newRisk
  }

  /// The metrics that are defined in one lane.
  func figures(_ lane: Int) -> Figures<Metric> {
    var figures = Figures<Metric>()
    let (total, right) = (total[lane], right[lane])
    let wrong = total - right
    guard total > 0 else { return figures }
    figures[.accuracy] = right / total
    figures[.negativeLogLikelihood] = loss[lane] / total
    figures[.brierScore] = brierScore[lane] / total
    figures[.calibrationError] = calibrationError[lane] / total
    figures[.maximumCalibrationError] = maximumError[lane]
    figures[.adaptiveCalibrationError] = equalMass.error[lane] / total
    if hasDebiased[lane] > 0 {
      figures[.debiasedCalibrationError] = (max(0, debiasedSquares[lane]) / total).squareRoot()
    }
    let area = area[lane] / (2 * total)
    figures[.riskCoverageArea] = area
    figures[.excessRiskCoverageArea] = area - Self.leastArea(right: right, wrong: wrong)
    figures[.generalizedRiskCoverageArea] = twiceGeneralisedArea[lane] / (2 * total * total)
    if wrong > 0 { figures[.errorAveragePrecision] = errorPrecision[lane] / wrong }
    if right > 0 { figures[.successAveragePrecision] = successPrecision[lane] / right }
    guard right > 0, wrong > 0 else { return figures }
    figures[.misclassificationAUROC] = twiceWins[lane] / (2 * right * wrong)
    figures[.falsePositiveRateAt95] = falsePositives[lane] / wrong
    return figures
  }

  /// The area under the risk–coverage curve where all right rows come before all wrong ones.
  ///
  /// After j wrong rows the risk is j / (right + j): Σ of it is wrong − right · (H(right + wrong) −
  /// H(right)), with H the harmonic numbers.
  private static func leastArea(right: Double, wrong: Double) -> Double {
    guard wrong > 0 else { return 0 }
    guard right > 0 else { return 1 }
    let risks = wrong - right * (harmonic(right + wrong) - harmonic(right))
    return (2 * risks - wrong / (right + wrong)) / (2 * (right + wrong))
  }

  /// 1 + 1/2 + … + 1/n but for Euler's constant, to 1e-16: Euler and Maclaurin's series from 16 on.
  private static func harmonic(_ n: Double) -> Double {
    var (n, less) = (n, 0.0)
    while n < 16 {
      n += 1
      less += 1 / n
    }
    let square = 1 / (n * n)
    let series = 1 / 12.0 - square * (1 / 120.0 - square * (1 / 252.0 - square / 240))
    return log(n) + 0.5 / n - square * series - less
  }
}

/// `EqualMassBins` of weighted rows by falling confidence, at the ranks of
/// `ConfidenceRanking.adaptiveCalibrationError`, in each lane under one set of weights.
private struct WeightedEqualMassBins {
  private static let binCount = 15.0
  private let total: Lanes
  /// How many bins are still open.
  private var open = Lanes(repeating: binCount)
  /// The rank from above at which the next bin ends; infinite after the last.
  private var cut = Lanes.zero
  private var rank = Lanes.zero
  private var bin = Lanes.zero
  private var closed = Lanes.zero

  init(total: Lanes) {
    self.total = total
    cut = Self.cut(open, total)
  }

  /// The rounded rank that leaves `open` − 1 bins below.
  private static func cut(_ open: Lanes, _ total: Lanes) -> Lanes {
    let below = ((2 * (open - 1) * total + binCount) / (2 * binCount)).rounded(.down)
    return (total - below).replacing(with: .infinity, where: open .<= 1)
  }

  var error: Lanes { closed + pointwiseMax(bin, -bin) }

  mutating func add(_ count: Lanes, excess: Lanes) {
    let share = (excess / count).replacing(with: 0, where: count .== 0)
    var rest = count
    var isCut = (cut .< rank + rest) .& (count .> 0)
    while any(isCut) {
      let part = (cut - rank).replacing(with: 0, where: .!isCut)
      bin += share * part
      closed += pointwiseMax(bin, -bin).replacing(with: 0, where: .!isCut)
      bin.replace(with: 0, where: isCut)
      rest -= part
      rank += part
      open -= Lanes.zero.replacing(with: 1, where: isCut)
      cut = Self.cut(open, total)
      isCut = (cut .< rank + rest) .& (rest .> 0)
    }
    bin += share * rest
    rank += rest
  }
}
