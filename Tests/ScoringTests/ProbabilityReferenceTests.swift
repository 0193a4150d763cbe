import Scoring
import TestSupport
import Testing

/// Given probabilities, zeros among them, against NumPy, scikit-learn and exact fractions.
struct ProbabilityReferenceTests {
  /// Probabilities as counts, which are divided by their sum in each distribution.
  struct Reference: Decodable, Sendable, CustomStringConvertible {
    let classes: Int
    let members: Int
    let counts: [Int]  // [N, M, K]
    let labels: [Int]  // [N]
    let predictors: [String: [String: Double?]]
    let diversity: [String: Double?]

    var description: String { "\(labels.count) × \(members) × \(classes)" }

    var rows: LabeledLogits {
      get throws {
        let values = stride(from: 0, to: counts.count, by: classes).flatMap { first in
          let row = counts[first..<first + classes]
          return row.map { Double($0) / Double(row.reduce(0, +)) }
        }
        return try LabeledLogits(
          float64: values, as: .probabilities, memberCount: members, classCount: classes,
          labels: labels)
      }
    }
  }

  @Test(arguments: try fixtureValue("probabilities.json", as: [Reference].self))
  func `every metric of given probabilities is NumPy's`(reference: Reference) throws {
    let scores = try Scorer(threadCount: 1).score(reference.rows)
    for (name, expected) in reference.predictors {
      let row = try #require(scores.predictors.first { $0.predictor.fixtureName == name })
      // Sums of at most 1000 terms, in another order.
      expectValues(row.values, expected, relative: 1e-13, "\(reference) \(name)")
      #expect((row.infiniteLossCount > 0) == (expected["nll"] == .some(nil)))
    }
    if let pair = scores.diversity.first {
      expectValues(pair.values, reference.diversity, relative: 1e-13, "\(reference)")
    }
  }

  struct Votes: Decodable, Sendable {
    /// Four digits a row: the votes for three classes, and the label.
    let rows: String
    let auroc: Double
    let ece: Double
    let fpr95: Double
    let aurc: Double
  }

  @Test(arguments: try fixtureValue("votes.json", as: [Votes].self))
  func `shares of five votes tie as the votes do`(votes: Votes) throws {
    let digits = votes.rows.compactMap(\.wholeNumberValue)
    let rows = stride(from: 0, to: digits.count, by: 4).map { Array(digits[$0..<$0 + 4]) }
    let given = try LabeledLogits(
      float64: rows.flatMap { $0[..<3].map { Double($0) / 5 } }, as: .probabilities,
      memberCount: 1, classCount: 3, labels: rows.map { $0[3] })
    let values = try Scorer(threadCount: 1).rows(of: .ensemble, in: given).values(
      of: [.misclassificationAUROC, .falsePositiveRateAt95, .calibrationError, .riskCoverageArea])
    #expect(values[.misclassificationAUROC] == votes.auroc)
    #expect(values[.falsePositiveRateAt95] == votes.fpr95)
    // The mean confidence of a bin is rounded, and the sum of three bins.
    expectClose(values[.calibrationError] ?? .nan, votes.ece, absolute: 1e-15)
    // A sum of four rounded products.
    expectClose(values[.riskCoverageArea] ?? .nan, votes.aurc, absolute: 1e-15)
  }

  @Test func `a confidence on a bin's edge stays in its bin`() throws {
    let given = try LabeledLogits(
      float64: [0.6, 0.4, 0.57, 0.43], as: .probabilities, memberCount: 1, classCount: 2,
      labels: [0, 1])
    let values = try Scorer(threadCount: 1).score(given).predictors[0].values
    for metric in [Metric.calibrationError, .maximumCalibrationError] {
      // |0.5 − 0.585|, two roundings of numbers below 2.
      expectClose(values[metric] ?? .nan, 0.085, absolute: 4e-16)
    }
  }

  @Test func `the loss of a tiny probability is its logarithm, and of 0 infinite`() throws {
    func loss(_ p: [Double]) throws -> PredictorScores {
      try Scorer(threadCount: 1).score(
        LabeledLogits(
          float64: p, as: .probabilities, memberCount: 1, classCount: 2, labels: [1, 0])
      ).predictors[0]
    }
    // (138.155… + 230.258…) / 2, to one unit in the last place.
    expectClose(
      try loss([1, 1e-60, 1e-100, 1]).values[.negativeLogLikelihood] ?? .nan, 184.20680743952366,
      absolute: 3e-14)
    // The smallest Float64 above 0 has 1074 doublings to 1.
    let least = try loss([1, 5e-324, 5e-324, 1])
    expectClose(
      least.values[.negativeLogLikelihood] ?? .nan, 744.4400719213812, absolute: 2e-13)
    let none = try loss([1, 0, 1e-100, 1])
    #expect(none.values[.negativeLogLikelihood] == nil && none.infiniteLossCount == 1)
    #expect(none.values[.brierScore] == 2 && none.values[.accuracy] == 0)
  }
}
