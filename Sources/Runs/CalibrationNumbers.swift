// M members, K classes.

import Scoring

/// The numbers of a fit, by the names that formulas have for them; nil where a formula has no such number.
struct CalibrationNumbers: Codable, Sendable, Equatable {
  var temperature: Double?
  var temperatures: [Double]?  // [M]
  /// Whether a temperature is at a bound of its search; nil where there is none.
  var isAtBound: Bool?
  var scales: [Double]?  // [K]
  var biases: [Double]?  // [K]
  /// W, a row for each class.
  var matrix: [[Double]]?  // [K, K]
  /// The length of the gradient where a search ended.
  var gradient: Double?
  /// Those of a mixture.
  var weights: [Double]?  // [3]
  var slope: Double?
  var intercept: Double?
  var a: Double?
  var b: Double?
  var d: Double?
  var confidences: [Double]?
  var accuracies: [Double?]?
  var lower: [Double]?
  var upper: [Double]?
  var edges: [Double]?
  var values: [Double]?
  var classProbabilities: [[Double]]?  // [K]
  var classValues: [[Double?]]?  // [K]

  private enum CodingKeys: String, CodingKey {
    case temperature, temperatures, scales, biases, matrix, gradient, weights, slope, intercept
    case a, b, d, confidences, accuracies, lower, upper, edges, values
    case isAtBound = "at_bound"
    case classProbabilities = "class_probabilities"
    case classValues = "class_values"
  }

  init(_ map: CalibrationMap) {
    switch map {
    case .temperature(let value, _), .temperatureAfterAveraging(let value, _): temperature = value
    case .memberTemperatures(let values, _): temperatures = values
    case .logits(let map), .logarithms(let map): set(map)
    case .distribution(let map): set(map)
    case .confidence(let map): set(map)
    case .identity: break
    }
    if temperature != nil || temperatures != nil { isAtBound = !map.temperatureBounds.isEmpty }
  }

  private mutating func set(_ map: any LogitMap) {
    switch map {
    case let map as VectorScaling: (scales, biases) = (map.scales, map.biases)
    case let map as MatrixScaling:
      let count = map.classCount
      matrix = (0..<count).map { Array(map.weights[$0 * count..<($0 + 1) * count]) }
      (biases, gradient) = (map.biases, map.gradientLength)
    default: break
    }
  }

  private mutating func set(_ map: any DistributionMap) {
    switch map {
    case let map as TemperatureMixture: (weights, temperature) = (map.weights, map.temperature)
    case let map as ClasswiseCurves:
      if map.curves.first?.hasSteps ?? false {
        upper = map.curves[0].probabilities
        lower = [0] + map.curves[0].probabilities.dropLast()
      } else {
        classProbabilities = map.curves.map(\.probabilities)
      }
      classValues = map.curves.map(\.values)
    default: break
    }
  }

  private mutating func set(_ map: any ConfidenceMap) {
    switch map {
    case let map as IsotonicRegression:
      (confidences, accuracies) = (map.confidences, map.accuracies)
    case let map as HistogramBinning:
      (lower, upper, accuracies) = (map.lowerEdges, map.upperEdges, map.accuracies)
    case let map as PlattScaling: (slope, intercept) = (map.slope, map.intercept)
    case let map as BetaCalibration: (a, b, d) = (map.a, map.b, map.d)
    case let map as BayesianBinning: (edges, values) = (map.edges, map.values)
    default: break
    }
  }
}

extension CalibrationNumbers {
  /// What these numbers do; nil where they are not those that `calibration` fits for so many members and
  /// classes.
  func map(of calibration: Calibration, memberCount: Int, classCount: Int) -> CalibrationMap? {
    switch calibration {
    case .temperature: Self.positive(temperature).map { .temperature($0) }
    case .temperatureAfterAveraging:
      Self.positive(temperature).map { .temperatureAfterAveraging($0) }
    case .memberTemperatures:
      temperatures.flatMap { values in
        values.count == memberCount && values.allSatisfy { Self.positive($0) != nil }
          ? .memberTemperatures(values) : nil
      }
    case .vector:
      Self.pair(scales, biases, count: classCount).map {
        .logits(VectorScaling(scales: $0, biases: $1))
      }
    case .matrix: matrixScaling(classCount: classCount).map { .logits($0) }
    case .dirichlet: matrixScaling(classCount: classCount).map { .logarithms($0) }
    case .ensembleTemperature: mixture(classCount: classCount).map { .distribution($0) }
    case .classwiseIsotonic, .classwiseHistogram:
      curves(hasSteps: calibration == .classwiseHistogram, classCount: classCount).map {
        .distribution(ClasswiseCurves($0))
      }
    default: confidenceMap(of: calibration).map { .confidence($0) }
    }
  }

  private func confidenceMap(of calibration: Calibration) -> (any ConfidenceMap)? {
    switch calibration {
    case .isotonic:
      guard let confidences, let accuracies, confidences.count == accuracies.count,
        Self.areRising(confidences), Self.areShares(accuracies.map { $0 ?? -1 })
      else { return nil }
      return IsotonicRegression(confidences: confidences, accuracies: accuracies.compactMap { $0 })
    case .histogram:
      guard let upper, let accuracies, upper.count == accuracies.count, Self.areRising(upper),
        Self.areShares(accuracies.compactMap { $0 })
      else { return nil }
      return HistogramBinning(upperEdges: upper, accuracies: accuracies)
    case .platt:
      guard let slope, let intercept else { return nil }
      return PlattScaling(slope: slope, intercept: intercept)
    case .beta:
      guard let a, let b, let d, a >= 0, b >= 0 else { return nil }
      return BetaCalibration(a: a, b: b, d: d)
    case .bayesianBinning:
      guard let edges, let values, edges.count == values.count, Self.areRising(edges),
        Self.areShares(values)
      else { return nil }
      return BayesianBinning(edges: edges, values: values)
    default: return nil
    }
  }

  private func matrixScaling(classCount: Int) -> MatrixScaling? {
    guard let matrix, let biases, matrix.count == classCount, biases.count == classCount,
      matrix.allSatisfy({ $0.count == classCount })
    else { return nil }
    return MatrixScaling(weights: Array(matrix.joined()), biases: biases)
  }

  private func mixture(classCount: Int) -> TemperatureMixture? {
    guard let weights, weights.count == 3, let temperature = Self.positive(temperature),
      Self.areShares(weights), abs(weights.reduce(0, +) - 1) < 1e-9
    else { return nil }
    return TemperatureMixture(weights: weights, temperature: temperature, classCount: classCount)
  }

  private func curves(hasSteps: Bool, classCount: Int) -> [ClassCurve]? {
    guard let classValues, classValues.count == classCount else { return nil }
    let points =
      hasSteps ? upper.map { [[Double]](repeating: $0, count: classCount) } : classProbabilities
    guard let points, points.count == classCount else { return nil }
    var curves: [ClassCurve] = []
    for (points, values) in zip(points, classValues) {
      guard points.count == values.count, Self.areRising(points),
        Self.areShares(values.compactMap { $0 }), hasSteps || !values.contains(where: { $0 == nil })
      else { return nil }
      curves.append(ClassCurve(probabilities: points, values: values, hasSteps: hasSteps))
    }
    return curves
  }

  private static func positive(_ value: Double?) -> Double? {
    value.flatMap { $0 > 0 && $0.isFinite && (1 / $0).isFinite ? $0 : nil }
  }

  private static func pair(
    _ first: [Double]?, _ second: [Double]?, count: Int
  ) -> ([Double], [Double])? {
    guard let first, let second, first.count == count, second.count == count else { return nil }
    return (first, second)
  }

  private static func areRising(_ values: [Double]) -> Bool {
    zip(values, values.dropFirst()).allSatisfy { $0 < $1 }
  }

  private static func areShares(_ values: [Double]) -> Bool {
    values.allSatisfy { (0...1).contains($0) }
  }
}
