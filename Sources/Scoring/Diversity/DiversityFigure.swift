/// A figure of how differently members predict: its column in `diversity.csv`, in column order.
///
/// With N11, N10, N01 and N00 the rows that both members of a pair get right, only the first, only
/// the second, and neither. Columns may be added at the end and never change places.
public enum DiversityFigure: String, CaseIterable, Sendable {
  /// Rows that one member gets wrong for each row that both do (Aksela 2003).
  case ratioOfErrors = "ratio_of_errors"
  /// Share of rows that just one member gets right (Skalak 1996).
  case disagreement
  /// Share of rows that both get wrong (Giacinto and Roli 2001).
  case doubleFault = "double_fault"
  /// Share of rows that both get right or both wrong.
  case agreement
  /// Accuracy of the second member on the rows that the first gets right.
  case conditionalAccuracy = "conditional_accuracy"
  /// Accuracy of the first member on the rows that the second gets right.
  case conditionalAccuracyMirror = "conditional_accuracy_mirror"
  /// Pearson's χ² of the table of N11, N10, N01 and N00.
  case chiSquare = "chi_square"
  /// Share of rows where the members predict different classes.
  case labelDisagreement = "disagreement_labels"
  /// Yule's Q of being right (Yule 1900).
  case qStatistic = "q_statistic"
  /// Correlation of being right, the φ coefficient.
  case correlation
  /// Cohen's κ of the predicted classes (Cohen 1960).
  case kappa
  /// Kohavi and Wolpert's variance (1996) of being right.
  case kohaviWolpert = "kohavi_wolpert"
  /// Fleiss' κ of being right (Dietterich 2000).
  case interraterAgreement = "interrater_agreement"
  /// Variance over rows of the share of right members (Hansen and Salamon 1990).
  case difficulty
  /// Mean over rows, and over both directions, of the Kullback–Leibler divergence, in nats.
  case divergence = "kl"
  /// Mean cosine of the angle between the members' probabilities.
  case cosine
  /// Mean Jensen–Shannon divergence, in 0...log 2 nats (Lin 1991).
  case jensenShannon = "jensen_shannon"
  /// Entropy of the members' mean probabilities less their mean entropy, in nats.
  case mutualInformation = "mutual_information"
  /// Accuracy of `ensemble` less the mean of its members'.
  case ensembleGain = "ensemble_gain"
}
