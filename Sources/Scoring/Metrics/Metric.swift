/// A metric of one predictor: its column in `cells.csv`, in column order.
///
/// Columns may be added at the end and never change places.
public enum Metric: String, CaseIterable, Sendable {
  /// Share of rows whose predicted class is the label.
  case accuracy
  /// Share of rows whose label is among the five most probable classes.
  case topFiveAccuracy = "accuracy_top5"
  /// Mean of −log p of the label, in nats. MixMo and pytorch-ensembles clamp it: −log(1e-12 + p).
  case negativeLogLikelihood = "nll"
  /// Mean of Σ over classes of (p − 1[label])², in 0...2 (Brier 1950).
  case brierScore = "brier"
  /// The Brier score divided by the number of classes, as MixMo reports it.
  case brierScorePerClass = "brier_per_class"
  /// Expected calibration error over 15 equal-width bins; see `ReliabilityTable`.
  case calibrationError = "ece"
  /// Largest calibration error of a bin.
  case maximumCalibrationError = "mce"
  /// Expected calibration error over 15 bins of equal mass.
  case adaptiveCalibrationError = "ece_adaptive"
  /// Mean over classes of the calibration error of each class's probability.
  case classwiseCalibrationError = "ece_classwise"
  /// Thresholded adaptive classwise calibration error (Nixon et al. 2019).
  case thresholdedCalibrationError = "tace"
  /// Squared calibration error without its bias, rooted (Kumar et al. 2019).
  case debiasedCalibrationError = "ece_debiased"
  /// Smooth calibration error at its own bandwidth (Błasiok and Nakkiran 2023).
  case smoothCalibrationError = "ece_smooth"
  /// Mean confidence − accuracy.
  case overconfidence
  /// P(confidence of a right row > of a wrong one) + ½ P(equal). MixMo calls it `auc`.
  case misclassificationAUROC = "auroc_misclassification"
  /// Average precision of "wrong" by −confidence.
  case errorAveragePrecision = "aupr_error"
  /// Average precision of "right" by confidence.
  case successAveragePrecision = "aupr_success"
  /// False-positive rate at 95 % true positives of "right".
  case falsePositiveRateAt95 = "fpr95"
  /// Area under the risk–coverage curve.
  case riskCoverageArea = "aurc"
  /// Area under the risk–coverage curve beyond that of the best order.
  case excessRiskCoverageArea = "eaurc"
  /// Area under the generalized risk–coverage curve (Traub et al. 2024).
  case generalizedRiskCoverageArea = "augrc"
  /// Mean entropy of the predicted distribution, in nats.
  case entropy
  /// What the best temperature takes off the negative log-likelihood; see `Scorer.refinementLoss`.
  case calibrationLoss = "calibration_loss"
  /// The rest of the negative log-likelihood, which no temperature takes off.
  case refinementLoss = "refinement_loss"
}
