/// A way to make one prediction out of M members: a row of a result.
public enum Predictor: Hashable, Sendable {
  /// The only member: a single network, which is no ensemble.
  case network
  /// The softmax of the members' mean logits, as MixMo ensembles (Ramé et al. 2021).
  case ensemble
  /// The mean of the members' probabilities, as deep ensembles do (Lakshminarayanan et al. 2017).
  case ensembleProbabilities
  /// One member alone.
  case member(Int)
  /// The mean of the members' metric values; it makes no predictions of its own.
  case membersMean

  /// The name in the `predictor` column.
  public var name: String {
    switch self {
    case .network: "network"
    case .ensemble: "ensemble"
    case .ensembleProbabilities: "ensemble-probs"
    case .member(let member): "member-\(member)"
    case .membersMean: "members-mean"
    }
  }

  /// Whether it pools the predictions of several members.
  public var poolsMembers: Bool { self == .ensemble || self == .ensembleProbabilities }

  /// The predictors of `memberCount` members that make predictions, in the order of their rows.
  ///
  /// With one member all would be the same, so there is `network` alone.
  public static func predicting(memberCount: Int) -> [Predictor] {
    guard memberCount > 1 else { return [.network] }
    return [.ensemble, .ensembleProbabilities] + (0..<memberCount).map(Predictor.member)
  }
}
