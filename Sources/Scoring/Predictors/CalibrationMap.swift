/// What a calibration does to the rows of one predictor, with the numbers that were fitted.
///
/// Each case acts at one point of the way from the members' logits to the top-label confidence.
/// M members, K classes, P pooled distributions (see `PredictorLogits`).
public enum CalibrationMap: Sendable {
  /// Nothing.
  case identity
  /// The logits of each pooled distribution are divided by T; `bound` where that is one.
  case temperature(Double, bound: TemperatureBound? = nil)
  /// Each member's logits are divided by its own T before the members are pooled; `bounds` of those
  /// that are at one.
  case memberTemperatures([Double], bounds: [TemperatureBound] = [])  // [M], [at most M]
  /// The logits of each pooled distribution are replaced.
  case logits(any LogitMap)
  /// The logarithms of averaged probabilities are divided by T and normalized again; `bound` where T
  /// is one.
  case temperatureAfterAveraging(Double, bound: TemperatureBound? = nil)
  /// The logarithms of the predictor's probabilities, after members are pooled, are replaced by logits.
  case logarithms(any LogitMap)
  /// The predictor's probabilities, after members are pooled, are replaced.
  case distribution(any DistributionMap)
  /// The top-label confidence is replaced; the predicted classes and their order stay.
  case confidence(any ConfidenceMap)

  /// Whether it leaves the distribution, and maps the top-label confidence alone.
  var isOfConfidence: Bool {
    if case .confidence = self { true } else { false }
  }

  /// T, of several members the mean; nil where there is none.
  public var temperature: Double? {
    let temperatures = temperatures
    guard !temperatures.isEmpty else { return nil }
    return sortedSum(temperatures.count) { temperatures[$0] } / Double(temperatures.count)
  }

  /// The temperatures that were fitted.
  var temperatures: [Double] {
    switch self {
    case .temperature(let value, _), .temperatureAfterAveraging(let value, _): [value]
    case .memberTemperatures(let values, _): values
    case .distribution(let map): map.temperature.map { [$0] } ?? []
    case .identity, .logits, .logarithms, .confidence: []
    }
  }

  /// The bounds that fitted temperatures are at.
  public var temperatureBounds: [TemperatureBound] {
    switch self {
    case .temperature(_, let bound), .temperatureAfterAveraging(_, let bound):
      bound.map { [$0] } ?? []
    case .memberTemperatures(_, let bounds): bounds
    case .distribution(let map): map.temperatureBound.map { [$0] } ?? []
    case .identity, .logits, .logarithms, .confidence: []
    }
  }

  /// Checks that the map can act on `predictor` and on logits of this shape.
  ///
  /// - Throws: `ScoringError.unusableTemperature`, `.fittedForOtherPredictor` or `.wrongParameterCount`.
  func check(for predictor: Predictor, of logits: LabeledLogits) throws(ScoringError) {
    if let value = temperatures.first(where: { !($0 > 0 && $0.isFinite) }) {
      throw .unusableTemperature(value)
    }
    switch self {
    case .memberTemperatures(let values, _):
      guard predictor.poolsMembers else { throw .fittedForOtherPredictor(predictor.name) }
      try Self.check(values.count, isFor: logits.memberCount)
    case .temperatureAfterAveraging:
      guard predictor == .ensembleProbabilities else {
        throw .fittedForOtherPredictor(predictor.name)
      }
    case .logits(let map), .logarithms(let map):
      try Self.check(map.classCount, isFor: logits.classCount)
    case .distribution(let map): try Self.check(map.classCount, isFor: logits.classCount)
    case .identity, .temperature, .confidence: break
    }
  }

  private static func check(_ found: Int, isFor expected: Int) throws(ScoringError) {
    guard found == expected else {
      throw .wrongParameterCount(expected: expected, found: found)
    }
  }
}

/// A map of logits to other logits, whose softmax is then the calibrated distribution.
public protocol LogitMap: Sendable {
  /// K, the number of classes that the map was fitted for.
  var classCount: Int { get }

  /// Replaces the logits of one row in place.
  ///
  /// - Parameter logits: The row's P distributions of K logits each, one after the other.
  func apply(to logits: UnsafeMutableBufferPointer<Double>)  // [P, K]
}

/// A map of distributions to other distributions.
///
/// A given probability of 0 is one like any other, and the map may leave probabilities of 0.
public protocol DistributionMap: Sendable {
  /// K, the number of classes that the map was fitted for.
  var classCount: Int { get }

  /// T, where the map needs the distribution of logits that are divided by T as well.
  var temperature: Double? { get }

  /// The bound where `temperature` is one.
  var temperatureBound: TemperatureBound? { get }

  /// Whether, for a predictor that averages `count` distributions, a class that is more probable than
  /// another never becomes less probable; ties that the map makes are then none. By default false.
  func keepsOrder(ofAverage count: Int) -> Bool

  /// Replaces the distribution of one row in place by another, which sums to 1.
  func apply(to row: DistributionRow)
}

extension DistributionMap {
  public var temperature: Double? { nil }
  public var temperatureBound: TemperatureBound? { nil }
  public func keepsOrder(ofAverage count: Int) -> Bool { false }
}

/// The distribution of a row over K classes, which a `DistributionMap` replaces.
public struct DistributionRow {
  /// The probabilities, to be replaced.
  public let probabilities: UnsafeMutableBufferPointer<Double>  // [K]
  /// Their logarithms, to be replaced: finite, of a probability of 0 far below all others.
  public let logarithms: UnsafeMutableBufferPointer<Double>  // [K]
  /// The probabilities at the map's temperature; undefined where it has none.
  public let temperedProbabilities: UnsafePointer<Double>  // [K]
  /// Their logarithms.
  public let temperedLogarithms: UnsafePointer<Double>  // [K]

  /// A row in memory of K numbers each, which must outlive it.
  public init(
    probabilities: UnsafeMutableBufferPointer<Double>,
    logarithms: UnsafeMutableBufferPointer<Double>, temperedProbabilities: UnsafePointer<Double>,
    temperedLogarithms: UnsafePointer<Double>
  ) {
    self.probabilities = probabilities
    self.logarithms = logarithms
    self.temperedProbabilities = temperedProbabilities
    self.temperedLogarithms = temperedLogarithms
  }

  /// The memory of the probabilities and of their logarithms; nil for no class.
  var memory:
    (probabilities: UnsafeMutablePointer<Double>, logarithms: UnsafeMutablePointer<Double>)?
  {
    guard let first = probabilities.baseAddress, let second = logarithms.baseAddress else {
      return nil
    }
    return (first, second)
  }
}

/// A map of top-label confidences in 0...1 to others.
public protocol ConfidenceMap: Sendable {
  /// The calibrated confidence, in 0...1.
  func value(at confidence: Double) -> Double
}
