/// The logits that one predictor makes its probabilities of: for each row, P pooled rows of K.
///
/// P is 1 for a member and for the mean logits, and M where probabilities are averaged.
struct PredictorLogits: Sendable {
  private enum Source {
    case meanOfMembers
    case member(Int)
    case allMembers
  }

  let logits: LabelledLogits
  private let source: Source

  init(_ predictor: Predictor, of logits: LabelledLogits) throws(ScoringError) {
    self.logits = logits
    switch predictor {
    case .ensemble: source = .meanOfMembers
    case .ensembleProbabilities: source = .allMembers
    case .member(let member):
      guard (0..<logits.memberCount).contains(member) else {
        throw .noSuchMember(member, members: logits.memberCount)
      }
      source = .member(member)
    case .membersMean: throw .membersMeanPredictsNothing
    }
  }

  /// P, the number of distributions that are averaged.
  var pooledCount: Int {
    if case .allMembers = source { logits.memberCount } else { 1 }
  }

  /// Writes the P·K logits of one row.
  @inline(__always)
  func load(_ row: Int, into target: UnsafeMutablePointer<Double>) {
    let (members, classes) = (logits.memberCount, logits.classCount)
    logits.values.withUnsafeBufferPointer { values in
      let row = UnsafeBufferPointer(rebasing: values[row * members * classes..<values.count])
      switch source {
      case .member(let member):
        for c in 0..<classes { target[c] = Double(row[member * classes + c]) }
      case .allMembers:
        for c in 0..<members * classes { target[c] = Double(row[c]) }
      case .meanOfMembers:
        for c in 0..<classes { target[c] = Double(row[c]) }
        for m in 1..<members { for c in 0..<classes { target[c] += Double(row[m * classes + c]) } }
        for c in 0..<classes { target[c] /= Double(members) }
      }
    }
  }
}
