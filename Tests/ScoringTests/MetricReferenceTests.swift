import Scoring
import TestSupport
import Testing

/// Every metric of every predictor against scikit-learn and NumPy.
struct MetricReferenceTests {
  // Both sides work in Float64 on the same logits and sum at most 1500 terms; losses reach 1e3.
  static let relativeError = 1e-12

  @Test(arguments: try fixtureValue("metrics.json", as: [ReferenceCell].self))
  func `metrics are scikit-learn's`(reference: ReferenceCell) throws {
    let scores = try Scorer(threadCount: 2).score(reference.problem.draw())
    #expect(Set(scores.predictors.map(\.predictor.fixtureName)) == Set(reference.predictors.keys))
    for row in scores.predictors {
      let expected = try #require(reference.predictors[row.predictor.fixtureName])
      expectValues(
        row.values, expected, relative: Self.relativeError, "\(reference) \(row.predictor.name)")
      #expect(row.sampleCount == reference.problem.rows)
      #expect(row.temperature == nil)
    }
  }

  @Test(arguments: try fixtureValue("metrics.json", as: [ReferenceCell].self))
  func `diversity is counted as by the definition`(reference: ReferenceCell) throws {
    let scores = try Scorer(threadCount: 2).score(reference.problem.draw())
    #expect(scores.diversity.count == reference.diversity.count)
    for row in scores.diversity {
      let expected = try #require(reference.diversity[row.pair.name])
      expectValues(row.values, expected, relative: Self.relativeError, "\(reference)")
    }
  }

  @Test func `columns are those of the tables, in order`() {
    #expect(
      Metric.all.map(\.name) == [
        "accuracy", "accuracy_top5", "nll", "brier", "brier_per_class", "ece", "mce",
        "ece_adaptive", "ece_classwise", "tace", "ece_debiased", "ece_smooth", "overconfidence",
        "auroc_misclassification", "aupr_error", "aupr_success", "fpr95", "aurc", "eaurc", "augrc",
        "entropy", "calibration_loss", "refinement_loss",
      ])
    #expect(
      DiversityMetric.all.map(\.name) == [
        "ratio_of_errors", "disagreement", "double_fault", "agreement", "conditional_accuracy",
        "conditional_accuracy_mirror", "chi_square", "disagreement_labels", "q_statistic",
        "correlation", "kappa", "kohavi_wolpert", "interrater_agreement", "difficulty", "kl",
        "cosine", "jensen_shannon", "mutual_information", "ensemble_gain",
      ])
  }
}

/// Expects the values that `expected` names, undefined where it has null.
///
/// The bound is relative to the expected value, and absolute below 1.
func expectValues<Column: NamedEntry>(
  _ values: MetricValues<Column>, _ expected: [String: Double?], relative bound: Double,
  _ name: String
) {
  for (column, value) in expected {
    guard let key = Column(name: column) else {
      Issue.record("\(column) is no column")
      continue
    }
    guard let value, let actual = values[key] else {
      #expect(values[key] == value, "\(name) \(column)")
      continue
    }
    expectClose(actual, value, absolute: bound * max(1, abs(value)), "\(name) \(column)")
  }
}
