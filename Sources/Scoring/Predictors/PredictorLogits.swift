internal import Tensors

/// The logits that one predictor makes its probabilities of: for each row, P pooled rows of K.
///
/// P is 1 for a member and for the mean logits, and M where probabilities are averaged.
final class PredictorLogits: Sendable {
  private enum Source {
    case meanOfMembers(scales: [Double]?)  // [M]
    case member(Int)
    case allMembers
  }

  let logits: LabeledLogits
  /// What the logits go through on their way to probabilities.
  let calibration: CalibrationMap
  /// What each pooled distribution's logits are still to be divided by.
  let temperatures: [Double]  // [P]
  private let source: Source
  private let vector: VectorScaling?

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
    vector = calibration.vector
  }

  /// P, the number of distributions that are averaged.
  var pooledCount: Int { temperatures.count }

  /// Writes the P·K logits of one row, before they are divided by `temperatures`.
  @inline(__always)
  func load(_ row: Int, into target: UnsafeMutablePointer<Double>) {
    let (members, classes) = (logits.memberCount, logits.classCount)
    // Rows may have gaps between them, which processors do not foresee.
    let next = logits.row(min(row + 1, logits.rowCount - 1))
    let row = logits.row(row)
    switch source {
    case .member(let member):
      Kernels.preferred.widen(row + member * classes, count: classes, into: target)
      Kernels.prefetch(next + member * classes, count: classes)
    case .allMembers:
      Kernels.preferred.widen(row, count: members * classes, into: target)
      Kernels.prefetch(next, count: members * classes)
    case .meanOfMembers(let scales):
      average(row, scales: scales, to: target)
      Kernels.prefetch(next, count: members * classes)
    }
    if let vector { vector.apply(to: target, rowCount: pooledCount, into: target) }
  }

  private func average(
    _ row: UnsafePointer<Float>, scales: [Double]?, to target: UnsafeMutablePointer<Double>
  ) {
    let (members, classes) = (logits.memberCount, logits.classCount)
    guard let scales else {
      Kernels.preferred.meanOfRows(row, rowCount: members, count: classes, into: target)
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

  fileprivate var vector: VectorScaling? {
    if case .vector(let scaling) = self { scaling } else { nil }
  }
}
