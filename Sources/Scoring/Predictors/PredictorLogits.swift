import Foundation
internal import Tensors

/// The logits that one predictor computes its probabilities from: P distributions of K for each row.
///
/// P is 1 for a member and for the mean logits, and M where probabilities are averaged.
// Sendable: nothing changes after `init`.
final class PredictorLogits: @unchecked Sendable {
  private enum Source {
    case meanOfMembers
    case member(Int)
    case allMembers
  }

  /// What one map does to the rows that it calibrates.
  struct Part {
    /// What the logits of each pooled distribution are multiplied by after `load`.
    let scales: [Double]  // [P]
    /// What the logarithms of averaged probabilities are multiplied by; nil where they stay.
    let scaleAfterAveraging: Double?
    /// Whether probabilities are scored as they were given, before or without a calibration.
    let isGiven: Bool
    /// What replaces the logarithms of the predictor's probabilities.
    let logarithmMap: (any LogitMap)?
    /// What replaces its probabilities.
    let distributionMap: (any DistributionMap)?
    /// Whether there is one of the two: asked for each row, which an existential is slow to answer.
    let isRemapped: Bool
    fileprivate let memberScales: [Double]?  // [M]
    fileprivate let logitMap: (any LogitMap)?
    /// Whether there is a `logitMap`: asked for each row, which an existential is slow to answer.
    fileprivate let hasLogitMap: Bool
    /// Whether mean logits are given relative to the largest: means are rounded, so that equal
    /// differences of sums need not be equal differences of means.
    fileprivate let isRelative: Bool

    fileprivate init(
      _ map: CalibrationMap, of predictor: Predictor, _ logits: LabeledLogits, pooledCount: Int,
      asTheyAre: Bool
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
      (logarithmMap, distributionMap) = (map.logarithmMap, map.distributionMap)
      isRemapped = logarithmMap != nil || distributionMap != nil
      logitMap = map.logitMap
      hasLogitMap = logitMap != nil
      isRelative = logitMap == nil && !asTheyAre
    }
  }

  let logits: LabeledLogits
  let calibrations: RowCalibrations
  /// P, the number of distributions that are averaged.
  let pooledCount: Int
  /// Whether probabilities of 0 may have been given, or be what a map makes of others.
  let mayHoldZeros: Bool
  /// Whether a map needs the distribution at another temperature as well.
  let needsTempered: Bool
  private let source: Source
  /// Read where they are: threads would share the reference count of an object for every row.
  private let parts: UnsafeMutableBufferPointer<Part>

  convenience init(
    _ predictor: Predictor, of logits: LabeledLogits, calibration: CalibrationMap = .identity
  ) throws(ScoringError) {
    try self.init(predictor, of: logits, calibrations: RowCalibrations(calibration))
  }

  /// With `asTheyAre`, mean logits are not given relative to the largest: maps are fitted on them.
  init(
    _ predictor: Predictor, of logits: LabeledLogits, calibrations: RowCalibrations,
    asTheyAre: Bool = false
  ) throws(ScoringError) {
    let members = logits.memberCount
    switch predictor {
    case .network:
      guard members == 1 else { throw .severalMembers(members) }
      source = .member(0)
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
      parts.append(
        Part(map, of: predictor, logits, pooledCount: pooledCount, asTheyAre: asTheyAre))
    }
    self.logits = logits
    self.calibrations = calibrations
    self.pooledCount = pooledCount
    mayHoldZeros = logits.numbers == .probabilities || parts.contains { $0.distributionMap != nil }
    needsTempered = parts.contains { $0.distributionMap?.temperature != nil }
    self.parts = .allocate(capacity: parts.count)
    _ = self.parts.initialize(fromContentsOf: parts)
  }

  deinit {
    parts.deinitialize()
    parts.deallocate()
  }

  private var memberCount: Int { logits.memberCount }
  private var classCount: Int { logits.classCount }

  /// What calibrates `row`; valid while these `PredictorLogits` live.
  @inline(__always)
  func part(of row: Int) -> UnsafePointer<Part> {
    UnsafePointer(parts.baseAddress.unsafelyUnwrapped + calibrations.index(of: row))
  }

  /// Writes the P·K logits of one row, before they are multiplied by the scales of its part.
  ///
  /// Those of given probabilities are their logarithms, that of 0 `LogarithmOfZero.value`.
  @inline(__always)
  func load(_ row: Int, into target: UnsafeMutablePointer<Double>) {
    let part = part(of: row)
    if logits.numbers == .logits, case .float32(let numbers) = logits.row(row) {
      load(numbers, of: row, part, into: target)
    } else {
      loadConverted(row, part, into: target)
    }
    guard part.pointee.hasLogitMap, let logitMap = part.pointee.logitMap else { return }
    apply(logitMap, to: UnsafeMutableBufferPointer(start: target, count: pooledCount * classCount))
  }

  /// Logits in Float32 are read where they are.
  @inline(__always)
  private func load(
    _ numbers: UnsafePointer<Float>, of row: Int, _ part: UnsafePointer<Part>,
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
      if memberCount <= 2, part.pointee.memberScales == nil {
        // Two numbers have one sum in both orders, and half of it is exact.
        ProbabilityKernels.preferred.meanOfRows(
          numbers, rowCount: memberCount, count: classCount, into: target)
      } else {
        let count = memberCount * classCount
        withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { copy in
          guard let start = copy.baseAddress else { return }
          ProbabilityKernels.preferred.widen(numbers, count: count, into: start)
          average(start, part, to: target)
        }
      }
      ProbabilityKernels.prefetch(next, count: memberCount * classCount)
    }
  }

  /// Writes the means of `rows`, [M, K], which are changed.
  private func average(
    _ rows: UnsafeMutablePointer<Double>, _ part: UnsafePointer<Part>,
    to target: UnsafeMutablePointer<Double>
  ) {
    let classCount = classCount
    if let scales = part.pointee.memberScales {
      for m in 0..<memberCount {
        let (member, scale) = (rows + m * classCount, scales[m])
        for c in 0..<classCount { member[c] *= scale }
      }
    }
    ProbabilityKernels.preferred.meanOfColumns(
      rows, rowCount: memberCount, count: classCount, isRelative: part.pointee.isRelative,
      into: target)
  }

  /// The same of Float64, and of probabilities in either type.
  private func loadConverted(
    _ row: Int, _ part: UnsafePointer<Part>, into target: UnsafeMutablePointer<Double>
  ) {
    switch source {
    case .member(let member): logits.copyLogits(row, members: member..<member + 1, to: target)
    case .allMembers: logits.copyLogits(row, members: 0..<memberCount, to: target)
    case .meanOfMembers:
      withUnsafeTemporaryAllocation(of: Double.self, capacity: memberCount * classCount) { copy in
        guard let start = copy.baseAddress else { return }
        logits.copyLogits(row, members: 0..<memberCount, to: start)
        switch logits.numbers {
        case .logits: average(start, part, to: target)
        case .probabilities: averageLogarithms(start, part, to: target)
        }
      }
    }
  }

  /// The mean logarithms of probabilities, where 0 stands for the limit of ever smaller ones.
  ///
  /// A class that a member gives 0 then has the probability 0, unless every class has one: those with
  /// the fewest zeros are left, with the mean of their other logarithms.
  private func averageLogarithms(
    _ row: UnsafePointer<Double>, _ part: UnsafePointer<Part>,
    to target: UnsafeMutablePointer<Double>
  ) {
    let scales = part.pointee.memberScales ?? [Double](repeating: 1, count: memberCount)
    func isZero(_ m: Int, _ c: Int) -> Bool {
      LogarithmOfZero.isMeant(by: row[m * classCount + c])
    }
    var fewest = Double.infinity
    for c in 0..<classCount {
      target[c] = sortedSum(memberCount) { isZero($0, c) ? scales[$0] : 0 }
      fewest = min(fewest, target[c])
    }
    for c in 0..<classCount {
      guard target[c] == fewest else {
        target[c] = LogarithmOfZero.value
        continue
      }
      let sum = sortedSum(memberCount) {
        isZero($0, c) ? 0 : scales[$0] * row[$0 * classCount + c]
      }
      target[c] = sum / Double(memberCount)
    }
  }

  /// Replaces logits by others; those of a probability of 0 stay what they are.
  func apply(_ map: any LogitMap, to target: UnsafeMutableBufferPointer<Double>) {
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
    case .identity, .confidence, .temperatureAfterAveraging, .logarithms, .distribution: true
    case .temperature, .memberTemperatures, .logits: false
    }
  }

  fileprivate var logitMap: (any LogitMap)? {
    if case .logits(let map) = self { map } else { nil }
  }

  fileprivate var logarithmMap: (any LogitMap)? {
    if case .logarithms(let map) = self { map } else { nil }
  }

  fileprivate var distributionMap: (any DistributionMap)? {
    if case .distribution(let map) = self { map } else { nil }
  }
}
