/// Everything that is measured of how differently M members predict the same rows.
public struct DiversityAccumulator: Sendable, Equatable {
  /// What is measured of two members.
  public struct Pair: Sendable, Equatable {
    /// Who is right.
    public fileprivate(set) var errors = ErrorContingency()
    /// Who predicts which class.
    public fileprivate(set) var labels: LabelAgreement
    /// How many of the two are right.
    public fileprivate(set) var rights = RightMemberCounts(memberCount: 2)
  }

  /// Each pair of members, in the order of `distributions.pairs`.
  public private(set) var pairs: [Pair]
  /// How many members are right.
  public private(set) var rights: RightMemberCounts
  /// How far the members' probabilities lie apart.
  public private(set) var distributions: DistributionDiversity
  private var ensemble = Accuracy()

  /// Nothing compared yet, of `memberCount` members over `classCount` classes.
  public init(memberCount: Int, classCount: Int) {
    distributions = DistributionDiversity(memberCount: memberCount)
    rights = RightMemberCounts(memberCount: memberCount)
    pairs = distributions.pairs.map { _ in Pair(labels: LabelAgreement(classCount: classCount)) }
  }

  /// Adds a batch: the scores of each member and of `ensemble` on the same rows, and how far apart
  /// the members' probabilities are on them: nothing yet where the members have none.
  ///
  /// - Precondition: Both are of as many members as this, and all members of as many rows.
  public mutating func add(
    _ members: [[RowScore]], ensemble: [RowScore], distributions: DistributionDiversity
  ) {
    precondition(
      distributions.memberCount == rights.memberCount,
      "distributions of \(distributions.memberCount) of \(rights.memberCount) members")
    rights.add(members)
    for (i, pair) in distributions.pairs.enumerated() {
      let (first, second) = (members[pair.first], members[pair.second])
      pairs[i].errors.add(first, second)
      pairs[i].labels.add(first, second)
      pairs[i].rights.add([first, second])
    }
    self.ensemble.add(ensemble)
    self.distributions.merge(distributions)
  }

  /// Adds the rows that `other`, of as many members and the same classes, has seen.
  public mutating func merge(_ other: DiversityAccumulator) {
    for i in pairs.indices {
      pairs[i].errors.merge(other.pairs[i].errors)
      pairs[i].labels.merge(other.pairs[i].labels)
      pairs[i].rights.merge(other.pairs[i].rights)
    }
    rights.merge(other.rights)
    ensemble.merge(other.ensemble)
    distributions.merge(other.distributions)
  }

  /// Accuracy of `ensemble` less the members' mean accuracy; nil for no rows, or if the ensemble
  /// was not scored on them all.
  public var ensembleGain: Double? {
    let answers = rights.count * rights.memberCount
    guard answers > 0, ensemble.count == rights.count else { return nil }
    return Double(ensemble.rightCount * rights.memberCount - rights.rightCount) / Double(answers)
  }

  /// The rows of `diversity.csv`: the mean over pairs, then each pair; none for one member.
  ///
  /// A pair has the figures of its two members as an ensemble, but no gain: nobody scored that
  /// ensemble. The row of the mean has those of all members at once.
  public var scores: [DiversityScores] {
    guard !pairs.isEmpty else { return [] }
    let pairs = pairs.indices.map(scores(ofPair:))
    var mean = DiversityScores(meanOf: pairs)
    rights.write(to: &mean.figures)
    mean.figures[.mutualInformation] = distributions.mutualInformation
    mean.figures[.ensembleGain] = ensembleGain
    return [mean] + pairs
  }

  private func scores(ofPair i: Int) -> DiversityScores {
    let (pair, distances) = (pairs[i], distributions.pairs[i])
    var figures = pair.errors.figures
    figures[.labelDisagreement] = pair.labels.disagreement
    figures[.kappa] = pair.labels.kappa
    pair.rights.write(to: &figures)
    figures[.divergence] = distances.divergence
    figures[.cosine] = distances.cosine
    figures[.jensenShannon] = distances.jensenShannon
    figures[.mutualInformation] = distances.jensenShannon
    return DiversityScores(
      pair: .members(distances.first, distances.second), sampleCount: pair.errors.count,
      figures: figures, hasNoSharedError: pair.errors.hasNoSharedError)
  }
}

extension RightMemberCounts {
  fileprivate func write(to figures: inout Figures<DiversityFigure>) {
    figures[.kohaviWolpert] = kohaviWolpertVariance
    figures[.interraterAgreement] = interraterAgreement
    figures[.difficulty] = difficulty
  }
}

extension DiversityScores {
  /// The row of the mean over pairs.
  fileprivate init(meanOf pairs: [DiversityScores]) {
    pair = .mean
    sampleCount = pairs[0].sampleCount
    figures = .mean(pairs.map(\.figures))
    hasNoSharedError = pairs.contains(where: \.hasNoSharedError)
  }
}
