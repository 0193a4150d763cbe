/// A metric of how differently members predict: its column in `diversity.csv`, and how it is
/// computed.
///
/// Adding one: write its function on what `DiversityAccumulator` gathers, and an entry at the end of
/// `all`.
public struct DiversityMetric: NamedEntry {
  /// The name of the column.
  public let name: String
  /// The value in the row of a pair.
  let ofPair: @Sendable (DiversityAccumulator.Pair) -> Double?
  /// The value in the row `mean`; nil where that is the mean over pairs.
  let ofAll: (@Sendable (DiversityAccumulator) -> Double?)?

  /// The metric `name`: of a pair, and of all members together unless that is the mean over pairs.
  public init(
    _ name: String, ofPair: @escaping @Sendable (DiversityAccumulator.Pair) -> Double?,
    ofAll: (@Sendable (DiversityAccumulator) -> Double?)? = nil
  ) {
    self.name = name
    self.ofPair = ofPair
    self.ofAll = ofAll
  }
}

/// With N11, N10, N01 and N00 the rows that both members of a pair get right, only the first, only
/// the second, and neither.
extension DiversityMetric {
  /// The metrics of result files, in column order.
  ///
  /// Columns may be added at the end and never change places.
  public static let all: [DiversityMetric] = [
    .ratioOfErrors, .disagreement, .doubleFault, .agreement, .conditionalAccuracy,
    .conditionalAccuracyMirror, .chiSquare, .labelDisagreement, .qStatistic, .correlation, .kappa,
    .kohaviWolpert, .interraterAgreement, .difficulty, .divergence, .cosine, .jensenShannon,
    .mutualInformation, .ensembleGain,
  ]

  /// Rows that one member gets wrong for each row that both do (Aksela 2003).
  public static let ratioOfErrors = DiversityMetric(
    "ratio_of_errors", ofPair: \.errors.ratioOfErrors)
  /// Share of rows that just one member gets right (Skalak 1996).
  public static let disagreement = DiversityMetric("disagreement", ofPair: \.errors.disagreement)
  /// Share of rows that both get wrong (Giacinto and Roli 2001).
  public static let doubleFault = DiversityMetric("double_fault", ofPair: \.errors.doubleFault)
  /// Share of rows that both get right or both wrong.
  public static let agreement = DiversityMetric("agreement", ofPair: \.errors.agreement)
  /// Accuracy of the second member on the rows that the first gets right.
  public static let conditionalAccuracy = DiversityMetric(
    "conditional_accuracy", ofPair: \.errors.conditionalAccuracy,
    ofAll: \.meanConditionalAccuracy)
  /// Accuracy of the first member on the rows that the second gets right.
  public static let conditionalAccuracyMirror = DiversityMetric(
    "conditional_accuracy_mirror", ofPair: \.errors.conditionalAccuracyMirror,
    ofAll: \.meanConditionalAccuracy)
  /// Pearson's χ² of the table of N11, N10, N01 and N00.
  public static let chiSquare = DiversityMetric("chi_square", ofPair: \.errors.chiSquare)
  /// Share of rows where the members predict different classes.
  public static let labelDisagreement = DiversityMetric(
    "disagreement_labels", ofPair: \.labels.disagreement)
  /// Yule's Q of being right (Yule 1900).
  public static let qStatistic = DiversityMetric("q_statistic", ofPair: \.errors.qStatistic)
  /// Correlation of being right, the φ coefficient.
  public static let correlation = DiversityMetric("correlation", ofPair: \.errors.correlation)
  /// Cohen's κ of the predicted classes (Cohen 1960).
  public static let kappa = DiversityMetric("kappa", ofPair: \.labels.kappa)
  /// Kohavi and Wolpert's variance (1996) of being right.
  public static let kohaviWolpert = DiversityMetric(
    "kohavi_wolpert", ofPair: \.rights.kohaviWolpertVariance, ofAll: \.rights.kohaviWolpertVariance)
  /// Fleiss' κ of being right (Dietterich 2000).
  public static let interraterAgreement = DiversityMetric(
    "interrater_agreement", ofPair: \.rights.interraterAgreement,
    ofAll: \.rights.interraterAgreement)
  /// Variance over rows of the share of right members (Hansen and Salamon 1990).
  public static let difficulty = DiversityMetric(
    "difficulty", ofPair: \.rights.difficulty, ofAll: \.rights.difficulty)
  /// Mean over rows, and over both directions, of the Kullback–Leibler divergence, in nats.
  public static let divergence = DiversityMetric("kl", ofPair: \.distances.divergence)
  /// Mean cosine of the angle between the members' probabilities.
  public static let cosine = DiversityMetric("cosine", ofPair: \.distances.cosine)
  /// Mean Jensen–Shannon divergence, in 0...log 2 nats (Lin 1991).
  public static let jensenShannon = DiversityMetric(
    "jensen_shannon", ofPair: \.distances.jensenShannon)
  /// Entropy of the members' mean probabilities less their mean entropy, in nats.
  public static let mutualInformation = DiversityMetric(
    "mutual_information", ofPair: \.distances.jensenShannon,
    ofAll: \.distributions.mutualInformation)
  /// Accuracy of `ensemble` less the mean of its members'; of a pair there is no such ensemble.
  public static let ensembleGain = DiversityMetric(
    "ensemble_gain", ofPair: { _ in nil }, ofAll: \.ensembleGain)
}

/// A row in `diversity.csv`.
public struct DiversityScores: Sendable {
  /// Which members are compared.
  public enum Pair: Hashable, Sendable {
    /// The mean over all pairs, with the metrics of all members together.
    case mean
    /// Two members, the lower index first.
    case members(Int, Int)

    /// The name in the `pair` column.
    public var name: String {
      switch self {
      case .mean: "mean"
      case .members(let first, let second): "\(first)-\(second)"
      }
    }
  }

  /// Which members are compared.
  public let pair: Pair
  /// How many rows were compared.
  public let sampleCount: Int
  /// The metrics that are defined; with several folds the mean of theirs.
  public let values: MetricValues<DiversityMetric>
  /// Whether somewhere no error was shared, so that MixMo's rule gave the ratio of errors.
  public let hasNoSharedError: Bool
}

extension DiversityAccumulator {
  /// The rows of `diversity.csv`: the mean over pairs, then each pair; none for one member.
  ///
  /// The row of a pair holds the values of its two members as an ensemble, the row `mean` those of
  /// all members where `DiversityMetric` defines them for all.
  public var scores: [DiversityScores] {
    guard !pairs.isEmpty else { return [] }
    let rows = pairs.map { pair in
      DiversityScores(
        pair: .members(pair.distances.first, pair.distances.second),
        sampleCount: pair.errors.count, values: values(of: pair),
        hasNoSharedError: pair.errors.hasNoSharedError)
    }
    var means = MetricValues.mean(rows.map(\.values))
    for metric in DiversityMetric.all {
      if let ofAll = metric.ofAll { means[metric] = ofAll(self) }
    }
    let mean = DiversityScores(
      pair: .mean, sampleCount: rows[0].sampleCount, values: means,
      hasNoSharedError: rows.contains(where: \.hasNoSharedError))
    return [mean] + rows
  }

  private func values(of pair: Pair) -> MetricValues<DiversityMetric> {
    var values = MetricValues<DiversityMetric>()
    for metric in DiversityMetric.all { values[metric] = metric.ofPair(pair) }
    return values
  }
}

extension DiversityScores {
  /// The row of several folds; the first `foldsPerPass` hold each row once.
  init(folds: [DiversityScores], foldsPerPass: Int) {
    self.init(
      pair: folds[0].pair,
      sampleCount: folds.prefix(foldsPerPass).reduce(0) { $0 + $1.sampleCount },
      values: .mean(folds.map(\.values)),
      hasNoSharedError: folds.contains(where: \.hasNoSharedError))
  }
}
