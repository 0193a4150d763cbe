import Foundation
import Reports
import Scoring
import TestSupport
import Testing

@Suite struct ComparisonConclusionTests {
  /// A comparison of `runs` with the run a, on clean images and on a corrupted cell for each further
  /// p-value of `cells`.
  private func comparison(
    of runs: [String] = ["b"], mean: (p: Double, difference: Double)?,
    cells: [(p: Double, surplus: Int)], interval: Interval? = nil
  ) -> Comparison {
    func contrast(_ p: Double, _ surplus: Int, _ difference: Double) -> Contrast {
      let values = Contrast.Values(
        reference: 0.5, run: 0.5 + difference, interval: interval)
      return Contrast(values: [.accuracy: values], pValue: p, surplus: surplus)
    }
    let pairs = runs.map { run in
      Comparison.Pair(
        run: run, cells: cells.map { contrast($0.p, $0.surplus, Double($0.surplus) / 100) },
        mean: mean.map { contrast($0.p, $0.difference > 0 ? 1 : -1, $0.difference) })
    }
    let corrupted = (1..<max(cells.count, 1)).map {
      Cell(corruption: "fog", severity: $0)
    }
    return Comparison(
      reference: "a", predictors: (0...runs.count).map { _ in Predictor.ensemble.name },
      calibration: .none, imageCount: 100,
      cells: [.clean] + corrupted, pairs: pairs, notes: [])
  }

  private let interval = Interval(low: 0.0025, high: 0.02)

  @Test func aDecidedMeanIsTheClaim() {
    let comparison = comparison(
      mean: (0.01, 0.0125), cells: [(0.01, 3), (0.2, 1), (0.04, -2)], interval: interval)
    #expect(
      comparison.conclusions == [
        "b is more accurate than a: +1.25 points (95 % interval 0.25 to 2.00) on average over 2 "
          + "corrupted cells; of 3 cells, clean images among them, decided in its favor in 1, "
          + "against it in 1, open in 1 (exact tests, Holm, 5 % for all claims together)."
      ])
  }

  @Test func anOpenMeanIsNoClaim() {
    let some = comparison(mean: (0.2, -0.005), cells: [(0.01, 3), (0.2, 1)])
    #expect(
      some.conclusions[0].hasPrefix(
        "Whether b or a is more accurate on average over 1 corrupted cell is not decided: "
          + "-0.50 points; of 2 cells"))
    let none = comparison(mean: (0.2, -0.005), cells: [(0.1, 3), (0.2, 1)])
    #expect(
      none.conclusions[0].hasPrefix(
        "No difference is decided between b and a: -0.50 points on average over 1 corrupted cell; "
          + "of 2 cells, clean images among them, none is decided"))
  }

  @Test func cleanImagesAloneHaveOneTest() {
    let lost = comparison(mean: nil, cells: [(0.01, -3)])
    #expect(
      lost.conclusions == [
        "b is less accurate than a: -3.00 points on the clean images (exact McNemar test, 5 %)."
      ])
    #expect(comparison(mean: nil, cells: [(0.1, 3)]).conclusions[0].hasPrefix("No difference"))
  }

  @Test func severalRunsOnCleanImagesAloneHaveCorrectedTests() {
    let lost = comparison(of: ["b", "c"], mean: nil, cells: [(0.01, -3)])
    #expect(
      lost.conclusions.last
        == "c is less accurate than a: -3.00 points on the clean images (exact McNemar tests, "
        + "Holm, 5 % for all claims together).")
  }

  @Test func theTextHasATableAndAMap() {
    let comparison = comparison(
      mean: (0.01, 0.0125), cells: [(0.01, 3), (0.2, 1), (0.04, -2)], interval: interval)
    let text = ComparisonText(comparison).text
    for line in [
      "b − a: ensemble, calibration none, 100 images",
      "clean                      +3.00      +0.25 to +2.00",
      "mean of 2 cells            +1.25 *    +0.25 to +2.00",
      "severity          1 2\nfog               · -\n+ won, - lost, · open",
      Comparison.caveat,
    ] {
      #expect(text.contains(line), "\(line)\n\(text)")
    }
  }
}
