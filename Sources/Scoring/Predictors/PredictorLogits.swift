internal import Tensors

/// The logits that one predictor computes its probabilities from: P distributions of K for each row.
///
/// P is 1 for a member and for the mean logits, and M where probabilities are averaged.
final class PredictorLogits: Sendable {
  private enum Source {
    case meanOfMembers(scales: [Double]?)  // [M]
    case member(Int)
    case allMembers
  }

  let logits: LabeledLogits
  let calibration: CalibrationMap
  /// What the logits of each pooled distribution are divided by after `load`.
  let temperatures: [Double]  // [P]
  private let source: Source
  private let logitMap: (any LogitMap)?

  init(
    _ predictor: Predictor, of logits: LabeledLogits, calibration: CalibrationMap = .identity
  ) throws(ScoringError) {
    let members = logits.memberCount
    var temperatures: [Double]
    switch predictor {
    case .ensemble:
      source = .meanOfMembers(scales: calibration.memberScales)
      temperatures = [1]
    case .ensembleProbabilities:
      source = .allMembers
      temperatures = [Double](repeating: 1, count: members)
    case .member(let member):
      guard (0..<members).contains(member) else { throw .noSuchMember(member, members: members) }
      source = .member(member)
      temperatures = [1]
    case .membersMean: throw .membersMeanPredictsNothing
    }
    try calibration.check(for: predictor, of: logits)
    switch calibration {
    case .temperature(let value): temperatures = temperatures.map { _ in value }
    case .memberTemperatures(let values) where predictor != .ensemble: temperatures = values
    default: break
    }
    self.logits = logits
    self.calibration = calibration
    self.temperatures = temperatures
    logitMap = calibration.logitMap
  }

  /// P, the number of distributions that are averaged.
  var pooledCount: Int { temperatures.count }

  /// Writes the P·K logits of one row, before they are divided by `temperatures`.
  @inline(__always)
  func load(_ row: Int, into target: UnsafeMutablePointer<Double>) {
    let (members, classes) = (logits.memberCount, logits.classCount)
    // Rows may be apart in memory, where processors do not prefetch by themselves.
    let next = logits.row(min(row + 1, logits.rowCount - 1))
    let row = logits.row(row)
    switch source {
    case .member(let member):
      ProbabilityKernels.preferred.widen(row + member * classes, count: classes, into: target)
      ProbabilityKernels.prefetch(next + member * classes, count: classes)
    case .allMembers:
      ProbabilityKernels.preferred.widen(row, count: members * classes, into: target)
      ProbabilityKernels.prefetch(next, count: members * classes)
    case .meanOfMembers(let scales):
      average(row, scales: scales, to: target)
      ProbabilityKernels.prefetch(next, count: members * classes)
    }
    logitMap?.apply(to: UnsafeMutableBufferPointer(start: target, count: pooledCount * classes))
  }

  private func average(
    _ row: UnsafePointer<Float>, scales: [Double]?, to target: UnsafeMutablePointer<Double>
  ) {
    let (members, classes) = (logits.memberCount, logits.classCount)
    guard let scales else {
      ProbabilityKernels.preferred.meanOfRows(row, rowCount: members, count: classes, into: target)
      return
    }
    target.update(repeating: 0, count: classes)
    for m in 0..<members {
      let (member, scale) = (row + m * classes, scales[m])
      for c in 0..<classes { target[c] += scale * Double(member[c]) }
    }
    let count = Double(members)
    for c in 0..<classes { target[c] /= count }
  }
}

extension CalibrationMap {
  /// What each member's logits are multiplied by before they are averaged.
  fileprivate var memberScales: [Double]? {
    if case .memberTemperatures(let values) = self { values.map { 1 / $0 } } else { nil }
  }

  fileprivate var logitMap: (any LogitMap)? {
    if case .logits(let map) = self { map } else { nil }
  }
}
