import Foundation
import Reports
import Scoring
import TestSupport
import Testing

@Suite struct ComparisonConclusionTests {
  /// A difference of a metric and the p-value of its test.
  private typealias Finding = (metric: Metric, difference: Double, p: Double)

  private static let interval = Interval(low: 0.0025, high: 0.02)

  private func contrast(_ findings: [Finding], _ interval: Interval? = interval) -> Contrast {
    var values: [Metric: Contrast.Values] = [:]
    var tests: [Metric: PairedTest] = [:]
    for (metric, difference, p) in findings {
      values[metric] = Contrast.Values(
        reference: 0.5, run: 0.5 + difference, interval: interval)
      tests[metric] = PairedTest(
        pValue: p, favorsRun: (difference > 0) == (metric == .accuracy))
    }
    return Contrast(values: values, tests: tests)
  }

  /// A comparison of the run b with a: clean images, and foggy ones of two severities.
  private func comparison(_ clean: Contrast, mean: Contrast? = nil, fog: [Contrast] = [])
    -> Comparison
  {
    Comparison(
      reference: "a", predictors: ["ensemble", "ensemble"], calibration: .none, imageCount: 100,
      cells: [.clean] + fog.indices.map { Cell(corruption: "fog", severity: $0 + 1) },
      pairs: [Comparison.Pair(run: "b", cells: [clean] + fog, mean: mean)], notes: [])
  }

  @Test func everyMetricIsConcludedOnCleanAndUnderCorruption() {
    let clean = contrast([
      (.accuracy, 0.0125, 0.01), (.negativeLogLikelihood, -0.01, 0.04), (.brierScore, 0.01, 0.03),
      (.calibrationError, 0.01, 0.2), (.overconfidence, 0.01, 0.6),
    ])
    let mean = contrast([(.accuracy, -0.0125, 0.01)], nil)
    let comparison = comparison(clean, mean: mean, fog: [clean, mean])
    #expect(
      comparison.conclusions == [
        "On clean images b is better than a in accuracy (+1.25 points) and NLL (−0.0100), and worse in "
          + "Brier (+0.0100); not significant: ECE and overconfidence.",
        "On average over 2 corrupted cells b is worse than a in accuracy (−1.25 points).",
      ])
  }

  @Test func nothingSignificantIsNoClaim() {
    let open = contrast([(.accuracy, -0.005, 0.06)], nil)
    #expect(
      comparison(open).conclusions == [
        "On clean images no difference between b and a is significant: accuracy."
      ])
    #expect(
      comparison(open, mean: open, fog: [open]).conclusions[1]
        == "On average over 1 corrupted cell no difference between b and a is significant: accuracy."
    )
  }

  @Test func theTextHasTheDifferencesAndAMapForEachMetric() {
    let won = contrast([(.accuracy, 0.03, 0.01), (.negativeLogLikelihood, 0.5, 0.3)])
    let lost = contrast([(.accuracy, -0.02, 0.04), (.negativeLogLikelihood, 0.25, 0.001)])
    let text = ComparisonText(comparison(won, mean: lost, fog: [won, lost])).text
    for line in [
      "b − a: ensemble, calibration none, 100 images",
      "accuracy, points            +3.00      +0.25 to +2.00  better     −2.00      +0.25 to +2.00  worse",
      "NLL                       +0.5000  +0.0025 to +0.0200           +0.2500  +0.0025 to +0.0200  worse",
      "fog                                +0.50         +0.3750               –               –",
      "fog                      + −             · −",
      "+ better, − worse, · not significant", Comparison.caveat,
    ] {
      #expect(text.contains(line), "\(line)\n\(text)")
    }
  }
}
