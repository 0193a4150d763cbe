import Foundation
internal import Tensors

/// The logits that one predictor computes its probabilities from: P distributions of K for each row.
///
/// P is 1 for a member and for the mean logits, and M where probabilities are averaged.
final class PredictorLogits: Sendable {
  private enum Source {
    case meanOfMembers
    case member(Int)
    case allMembers
  }

  /// What one map does to the rows that it calibrates.
  final class Part: Sendable {
    /// What the logits of each pooled distribution are multiplied by after `load`.
    let scales: [Double]  // [P]
    /// What the logarithms of averaged probabilities are multiplied by; nil where they stay.
    let scaleAfterAveraging: Double?
    /// Whether probabilities are scored as they were given, before or without a calibration.
    let isGiven: Bool
    fileprivate let memberScales: [Double]?  // [M]
    fileprivate let logitMap: (any LogitMap)?
    /// Whether there is a `logitMap`: asked for each row, which an existential is slow to answer.
    fileprivate let hasLogitMap: Bool

    fileprivate init(
      _ map: CalibrationMap, of predictor: Predictor, _ logits: LabeledLogits, pooledCount: Int
    ) {
      let temperatures: [Double]
      switch map {
      case .temperature(let value, _):
        temperatures = [Double](repeating: value, count: pooledCount)
      case .memberTemperatures(let values, _) where predictor != .ensemble: temperatures = values
      default: temperatures = [Double](repeating: 1, count: pooledCount)
      }
      scales = temperatures.map { 1 / $0 }
      if case .temperatureAfterAveraging(let value, _) = map {
        scaleAfterAveraging = 1 / value
      } else {
        scaleAfterAveraging = nil
      }
      isGiven =
        logits.numbers == .probabilities && map.leavesProbabilities
        && (predictor != .ensemble || logits.memberCount == 1)
      memberScales = predictor == .ensemble ? map.memberScales : nil
      logitMap = map.logitMap
      hasLogitMap = logitMap != nil
    }
  }

  let logits: LabeledLogits
  let calibrations: RowCalibrations
  /// P, the number of distributions that are averaged.
  let pooledCount: Int
  private let source: Source
  private let parts: [Part]

  convenience init(
    _ predictor: Predictor, of logits: LabeledLogits, calibration: CalibrationMap = .identity
  ) throws(ScoringError) {
    try self.init(predictor, of: logits, calibrations: RowCalibrations(calibration))
  }

  init(
    _ predictor: Predictor, of logits: LabeledLogits, calibrations: RowCalibrations
  ) throws(ScoringError) {
    let members = logits.memberCount
    switch predictor {
    case .ensemble: source = .meanOfMembers
    case .ensembleProbabilities: source = .allMembers
    case .member(let member):
      guard (0..<members).contains(member) else { throw .noSuchMember(member, members: members) }
      source = .member(member)
    case .membersMean: throw .membersMeanPredictsNothing
    }
    let pooledCount = predictor == .ensembleProbabilities ? members : 1
    var parts: [Part] = []
    for map in calibrations.maps {
      try map.check(for: predictor, of: logits)
      parts.append(Part(map, of: predictor, logits, pooledCount: pooledCount))
    }
    self.logits = logits
    self.calibrations = calibrations
    self.pooledCount = pooledCount
    self.parts = parts
  }

  private var memberCount: Int { logits.memberCount }
  private var classCount: Int { logits.classCount }

  /// What calibrates `row`.
  @inline(__always)
  func part(of row: Int) -> Part { parts[calibrations.index(of: row)] }

  /// Writes the P·K logits of one row, before they are multiplied by the scales of its part.
  ///
  /// Those of given probabilities are their logarithms, that of 0 `LogarithmOfZero.value`.
  @inline(__always)
  func load(_ row: Int, into target: UnsafeMutablePointer<Double>) {
    let part = part(of: row)
    if logits.numbers == .logits, case .float32(let numbers) = logits.row(row) {
      load(numbers, of: row, scales: part.memberScales, into: target)
    } else {
      loadConverted(row, scales: part.memberScales, into: target)
    }
    guard part.hasLogitMap, let logitMap = part.logitMap else { return }
    apply(logitMap, to: UnsafeMutableBufferPointer(start: target, count: pooledCount * classCount))
  }

  /// Logits in Float32 are read where they are.
  @inline(__always)
  private func load(
    _ numbers: UnsafePointer<Float>, of row: Int, scales: [Double]?,
    into target: UnsafeMutablePointer<Double>
  ) {
    // Rows may be apart in memory, where processors do not prefetch by themselves.
    guard case .float32(let next) = logits.row(min(row + 1, logits.rowCount - 1)) else { return }
    switch source {
    case .member(let member):
      let first = member * classCount
      ProbabilityKernels.preferred.widen(numbers + first, count: classCount, into: target)
      ProbabilityKernels.prefetch(next + first, count: classCount)
    case .allMembers:
      ProbabilityKernels.preferred.widen(numbers, count: memberCount * classCount, into: target)
      ProbabilityKernels.prefetch(next, count: memberCount * classCount)
    case .meanOfMembers:
      if let scales {
        average(numbers, scales: scales, to: target)
      } else {
        ProbabilityKernels.preferred.meanOfRows(
          numbers, rowCount: memberCount, count: classCount, into: target)
      }
      ProbabilityKernels.prefetch(next, count: memberCount * classCount)
    }
  }

  private func average<Number: BinaryFloatingPoint>(
    _ row: UnsafePointer<Number>, scales: [Double], to target: UnsafeMutablePointer<Double>
  ) {
    let classCount = classCount
    target.update(repeating: 0, count: classCount)
    for m in 0..<memberCount {
      let (member, scale) = (row + m * classCount, scales[m])
      for c in 0..<classCount { target[c] += scale * Double(member[c]) }
    }
    let count = Double(memberCount)
    for c in 0..<classCount { target[c] /= count }
  }

  /// The same of Float64, and of probabilities in either type.
  private func loadConverted(
    _ row: Int, scales: [Double]?, into target: UnsafeMutablePointer<Double>
  ) {
    switch source {
    case .member(let member): logits.copyLogits(row, members: member..<member + 1, to: target)
    case .allMembers: logits.copyLogits(row, members: 0..<memberCount, to: target)
    case .meanOfMembers:
      withUnsafeTemporaryAllocation(of: Double.self, capacity: memberCount * classCount) { copy in
        guard let start = copy.baseAddress else { return }
        logits.copyLogits(row, members: 0..<memberCount, to: start)
        let scales = scales ?? [Double](repeating: 1, count: memberCount)
        switch logits.numbers {
        case .logits: average(start, scales: scales, to: target)
        case .probabilities: averageLogarithms(start, scales: scales, to: target)
        }
      }
    }
  }

  /// The mean logarithms of probabilities, where 0 stands for the limit of ever smaller ones.
  ///
  /// A class that a member gives 0 then has the probability 0, unless every class has one: those with
  /// the fewest zeros are left, with the mean of their other logarithms.
  private func averageLogarithms(
    _ row: UnsafePointer<Double>, scales: [Double], to target: UnsafeMutablePointer<Double>
  ) {
    var fewest = Double.infinity
    for c in 0..<classCount {
      target[c] = 0
      for m in 0..<memberCount where LogarithmOfZero.isMeant(by: row[m * classCount + c]) {
        target[c] += scales[m]
      }
      fewest = min(fewest, target[c])
    }
    for c in 0..<classCount {
      guard target[c] == fewest else {
        target[c] = LogarithmOfZero.value
        continue
      }
      target[c] = 0
      for m in 0..<memberCount where !LogarithmOfZero.isMeant(by: row[m * classCount + c]) {
        target[c] += scales[m] * row[m * classCount + c]
      }
      target[c] /= Double(memberCount)
    }
  }

  /// Replaces logits by others; those of a probability of 0 stay what they are.
  private func apply(_ map: any LogitMap, to target: UnsafeMutableBufferPointer<Double>) {
    guard logits.numbers == .probabilities else { return map.apply(to: target) }
    let zeros = target.indices.filter { LogarithmOfZero.isMeant(by: target[$0]) }
    // A map may add multiples of any logit to any other.
    for c in zeros { target[c] = Self.leastLogarithm }
    map.apply(to: target)
    for c in zeros { target[c] = LogarithmOfZero.value }
  }

  private static let leastLogarithm = log(Double.leastNormalMagnitude)

  /// Writes the probabilities of a row as they were given; `isGiven` of its part must be true.
  func loadGiven(_ row: Int, into target: UnsafeMutablePointer<Double>) {
    switch source {
    case .member(let member): logits.copyDistribution(row, members: member..<member + 1, to: target)
    case .allMembers, .meanOfMembers:
      logits.copyDistribution(row, members: 0..<memberCount, to: target)
    }
  }
}

extension CalibrationMap {
  /// What each member's logits are multiplied by before they are averaged.
  fileprivate var memberScales: [Double]? {
    if case .memberTemperatures(let values, _) = self { values.map { 1 / $0 } } else { nil }
  }

  /// Whether it acts on probabilities, if at all, and not on the logits of members.
  fileprivate var leavesProbabilities: Bool {
    switch self {
    case .identity, .confidence, .temperatureAfterAveraging: true
    case .temperature, .memberTemperatures, .logits: false
    }
  }

  fileprivate var logitMap: (any LogitMap)? {
    if case .logits(let map) = self { map } else { nil }
  }
}
