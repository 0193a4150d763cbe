// P pooled distributions, K classes.

internal import Tensors

/// A matrix and a bias for each class, on what `TemperatureCalibrator` would divide: the mean logits, a
/// member's, or, the same for all members, each member's before their probabilities are averaged.
///
/// Matrix scaling (Guo, Pleiss, Sun and Weinberger 2017) with off-diagonal and intercept regularization
/// (Kull, Perello-Nieto, Kängsepp, Silva Filho, Song and Flach 2019, "Beyond temperature scaling"): the
/// loss is the mean negative log-likelihood plus 0.01 times the mean square of the elements off the
/// diagonal plus 0.01 times the mean square of the biases. It is convex but where several members are
/// averaged. The search starts at the fitted temperature, or at no change where that is better, and its
/// result is never above the loss there; neither then is the negative log-likelihood. See
/// `MatrixFit` for where it ends.
public struct MatrixCalibrator: Calibrator {
  public let name = "matrix"
  public let output = CalibratedOutput.distribution
  public let largestClassCount = 1000

  /// The calibrator.
  public init() {}

  public func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
    .logits(try scaling(of: predictor, on: rows))
  }

  /// The matrix and biases of `predictor` that minimize its penalized loss on `rows`.
  ///
  /// - Throws: `ScoringError` when there is no such predictor.
  public func scaling(of predictor: Predictor, on rows: FittingRows) throws -> MatrixScaling {
    guard let logits = try rows.possible(for: predictor), logits.classCount > 1 else {
      return .identity(classCount: rows.logits.classCount)
    }
    let temperature = try rows.map(by: TemperatureCalibrator(), for: predictor).temperature ?? 1
    let source = try PredictorLogits(
      predictor, of: logits, calibrations: RowCalibrations(.identity), asTheyAre: true)
    return try MatrixFit(source, of: .logits, blocks: rows.blocks).minimum(
      fromTemperature: temperature)
  }
}

/// A matrix and a bias for each of K classes: logits z become W·z + b.
public struct MatrixScaling: LogitMap {
  /// W, row by row: the share of each class's logit in a class's new one.
  public let weights: [Double]  // [K, K]
  /// What is added to each class's new logit.
  public let biases: [Double]  // [K]
  /// The length of the gradient of the loss where the search ended; nil where nothing was fitted.
  public let gradientLength: Double?
  private let groups: ClassGroups
  /// The same numbers between groups of interchangeable classes, whose logits are added first.
  private let groupWeights: [Double]  // [G, G]
  private let groupBiases: [Double]  // [G]
  /// What a class's own logit counts more than the others of its group.
  private let ownExcesses: [Double]  // [G]

  public var classCount: Int { biases.count }

  /// The map of this matrix, K × K row by row, and K biases.
  public init(weights: [Double], biases: [Double]) {
    self.init(
      weights: weights, biases: biases, groups: ClassGroups(classCount: biases.count),
      gradientLength: nil)
  }

  /// The map whose numbers are equal where `groups` says that classes are interchangeable.
  init(weights: [Double], biases: [Double], groups: ClassGroups, gradientLength: Double?) {
    let (count, classCount) = (groups.count, biases.count)
    var (between, excesses) = (
      [Double](repeating: 0, count: count * count), [Double](repeating: 0, count: count)
    )
    for (i, group) in groups.members.enumerated() {
      for (j, other) in groups.members.enumerated() {
        let column = i == j && other.count > 1 ? other[1] : other[0]
        between[i * count + j] = weights[group[0] * classCount + column]
      }
      if group.count > 1 {
        excesses[i] = weights[group[0] * (classCount + 1)] - between[i * (count + 1)]
      }
    }
    self.weights = weights
    self.biases = biases
    self.groups = groups
    self.gradientLength = gradientLength
    groupWeights = between
    groupBiases = groups.members.map { biases[$0[0]] }
    ownExcesses = excesses
  }

  /// The map that changes nothing.
  static func identity(classCount: Int) -> MatrixScaling {
    var weights = [Double](repeating: 0, count: classCount * classCount)
    for c in 0..<classCount { weights[c * (classCount + 1)] = 1 }
    return MatrixScaling(
      weights: weights, biases: [Double](repeating: 0, count: classCount))
  }

  public func apply(to logits: UnsafeMutableBufferPointer<Double>) {
    guard let start = logits.baseAddress else { return }
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * groups.count) { memory in
      guard let sums = memory.baseAddress else { return }
      for first in stride(from: 0, to: logits.count, by: classCount) {
        apply(to: start + first, sums: sums, results: sums + groups.count)
      }
    }
  }

  private func apply(
    to row: UnsafeMutablePointer<Double>, sums: UnsafeMutablePointer<Double>,
    results: UnsafeMutablePointer<Double>
  ) {
    groups.add(row, to: sums)
    groupWeights.withUnsafeBufferPointer { weights in
      groupBiases.withUnsafeBufferPointer { biases in
        guard let weights = weights.baseAddress, let biases = biases.baseAddress else { return }
        ProbabilityKernels.preferred.multiply(
          weights, sums, adding: biases, count: groups.count, into: results)
      }
    }
    groups.forEachClass { c, group in
      row[c] = results[group] + ownExcesses[group] * row[c]
    }
  }
}
