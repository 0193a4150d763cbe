/// Everything that is measured of how differently M members predict the same rows.
public struct DiversityAccumulator: Sendable, Equatable {
  /// What is measured of two members.
  public struct Pair: Sendable, Equatable {
    /// Which of the two are right.
    public fileprivate(set) var errors = ErrorContingency()
    /// Which classes they predict.
    public fileprivate(set) var labels: LabelAgreement
    /// How many of the two are right.
    public fileprivate(set) var rights = RightMemberCounts(memberCount: 2)
    /// How far their probabilities lie apart.
    public fileprivate(set) var distances: DistributionDiversity.Pair
  }

  /// Each pair of members, in the order 0-1, 0-2, …, 1-2, ….
  public private(set) var pairs: [Pair]
  /// How many members are right.
  public private(set) var rights: RightMemberCounts
  /// How far the probabilities of all members lie apart.
  public private(set) var distributions: DistributionDiversity
  private var ensemble = Accuracy()

  /// Nothing compared yet, of `memberCount` members over `classCount` classes.
  public init(memberCount: Int, classCount: Int) {
    distributions = DistributionDiversity(memberCount: memberCount)
    rights = RightMemberCounts(memberCount: memberCount)
    pairs = distributions.pairs.map {
      Pair(labels: LabelAgreement(classCount: classCount), distances: $0)
    }
  }

  /// Adds a batch: the scores of each member and of `ensemble` on the same rows, and how far apart
  /// the members' probabilities are on them; empty where the confidences alone were calibrated.
  ///
  /// - Precondition: Both are of as many members as this, and all members have the same number of
  ///   rows.
  public mutating func add(
    _ members: [[RowScore]], ensemble: [RowScore], distributions: DistributionDiversity
  ) {
    precondition(
      distributions.memberCount == rights.memberCount,
      "distributions of \(distributions.memberCount) of \(rights.memberCount) members")
    self.distributions.merge(distributions)
    self.ensemble.add(ensemble)
    rights.add(members)
    for (i, distances) in self.distributions.pairs.enumerated() {
      let (first, second) = (members[distances.first], members[distances.second])
      pairs[i].errors.add(first, second)
      pairs[i].labels.add(first, second)
      pairs[i].rights.add([first, second])
      pairs[i].distances = distances
    }
  }

  /// The mean over all pairs, in both directions, of how often one member is right where the other
  /// is; nil where that is undefined for one.
  ///
  /// Of pairs that go from the lower index to the higher the mean would depend on the order of members.
  var meanConditionalAccuracy: Double? {
    let values = pairs.flatMap {
      [$0.errors.conditionalAccuracy, $0.errors.conditionalAccuracyMirror]
    }
    let defined = values.compactMap { $0 }
    guard !values.isEmpty, defined.count == values.count else { return nil }
    return sortedSum(defined.count) { defined[$0] } / Double(defined.count)
  }

  /// The accuracy of `ensemble` less the members' mean accuracy; nil for no rows, and for no scores
  /// of `ensemble`.
  ///
  /// One division of whole numbers.
  public var ensembleGain: Double? {
    let answers = rights.count * rights.memberCount
    guard answers > 0, ensemble.count == rights.count else { return nil }
    return Double(ensemble.rightCount * rights.memberCount - rights.rightCount) / Double(answers)
  }
}
