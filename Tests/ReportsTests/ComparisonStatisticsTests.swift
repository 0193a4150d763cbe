import Foundation
import Reports
import Scoring
import TestSupport
import Testing

@Suite struct ComparisonStatisticsTests {
  private struct SignFlips: Decodable {
    let differences: [Int]
    let p: Double
  }

  @Test func signFlipsAreCountedAsSciPyCountsThem() throws {
    let cases = try JSONDecoder().decode(
      [SignFlips].self, from: Data(contentsOf: fixture("sign-flips.json")))
    for one in cases {
      let ratio = SignFlipTest(one.differences).pValue / one.p
      // Each image adds one rounding, 2⁻⁵³ of a sum of positive terms, to either p-value.
      expectClose(
        ratio, 1, absolute: Double(one.differences.count + 4) * 0x1p-52,
        "\(one.differences.prefix(12))")
    }
  }

  @Test(arguments: [(0, 0), (3, 3), (1, 9), (40, 12), (0, 900), (2100, 2300)])
  func oneVersionOfEachImageIsMcNemarsTest(losses: Int, gains: Int) {
    let differences =
      [Int](repeating: -1, count: losses) + [0, 0] + [Int](repeating: 1, count: gains)
    let exact = McNemarTest(onlyFirstRight: losses, onlySecondRight: gains).pValue
    // Both p-values are sums of that many positive terms.
    let bound = Double(losses + gains + 4) * 0x1p-52
    expectClose(SignFlipTest(differences).pValue / exact, 1, absolute: bound)
    // Several equal versions of an image are as much evidence as one.
    expectClose(SignFlipTest(differences.map { 5 * $0 }).pValue / exact, 1, absolute: bound)
  }

  @Test func farTailsStayAboveZero() {
    let p = SignFlipTest([Int](repeating: 95, count: 5000)).pValue
    #expect(p > 0 && p < 1e-290)
    #expect(SignFlipTest([]).pValue == 1)
    #expect(SignFlipTest([4, -1, -3]).pValue == 1)
    #expect(SignFlipTest([-7]).pValue == 1)
  }

  @Test func familiesOfTestsShareTheErrorRate() {
    // Without cells the conclusions have Holm's correction alone.
    #expect(
      FamilyCorrection.adjusted(conclusions: [0.01, 0.5], cells: []).conclusions == [0.02, 0.5])
    // Not all conclusions are rejected, so each family is tested at half.
    let some = FamilyCorrection.adjusted(conclusions: [0.2], cells: [0.01, 0.5])
    #expect(some.conclusions == [0.4] && some.cells == [0.04, 0.5])
    // All conclusions are rejected, and their half goes to the cells.
    let passed = FamilyCorrection.adjusted(conclusions: [0.001], cells: [0.02, 0.5])
    #expect(passed.conclusions == [0.002] && passed.cells == [0.04, 0.5])
    // No value falls below what it took to reject the conclusions, which cells give nothing.
    let back = FamilyCorrection.adjusted(conclusions: [0.02, 0.03], cells: [0.001, 0.012])
    #expect(back.conclusions == [0.08, 0.08] && back.cells == [0.004, 0.024])
  }

  /// Two runs on clean images and ten corrupted cells; the second is better by `advantage`.
  ///
  /// The difficulty of an image, and each run's own bias on it, are the same in all cells, so that cells
  /// are correlated as in real runs. The logit of the label is `margin`, that of the other class 0.
  private func pair(
    seed: UInt64, advantage: Double = 0, imageCount: Int = 120
  ) throws -> Comparison.Pair {
    var generator = SeededGenerator(seed: seed)
    func spread(_ size: Double) -> Double { Double.random(in: -size...size, using: &generator) }
    let scorer = Scorer(threadCount: 1)
    let ease = (0..<imageCount).map { _ in spread(2) }
    let bias = (0..<2).map { _ in (0..<imageCount).map { _ in spread(1.5) } }
    var tally = ComparisonTally(runCount: 2, imageCount: imageCount)
    for cell in 0...10 {
      let scores = try (0..<2).map { run in
        let strength = 0.8 - 0.1 * Double(cell) + Double(run) * advantage
        let margins = (0..<imageCount).map { image in
          ease[image] + bias[run][image] + spread(1) + strength
        }
        let logits = try LabeledLogits(
          float64: margins.flatMap { [$0, 0] }, memberCount: 1, classCount: 2,
          labels: [Int](repeating: 0, count: imageCount))
        return [ScoredRows(try scorer.rowScores(of: .network, in: logits), classCount: 2)]
      }
      try tally.add(isCorrupted: cell > 0, scores)
    }
    return tally.pairs(["b"])[0]
  }

  /// The verdicts on all metrics of the mean over cells, of clean images and of each other cell.
  private func verdicts(_ pair: Comparison.Pair) -> [Contrast.Verdict] {
    (pair.cells + [pair.mean].compactMap { $0 }).flatMap { contrast in
      Comparison.metrics.map(contrast.verdict)
    }
  }

  @Test func runsThatDifferInTheirSeedAloneAreRarelyClaimedToDiffer() throws {
    let claims = try (0..<1000).count { index in
      try verdicts(pair(seed: 1000 + UInt64(index))).contains { $0 != .undecided }
    }
    // With an error rate of 5 %, at most 72 of 1000 pairs are wrong claims with probability 0.999
    // (binomial).
    #expect(claims <= 72)
    // The ten conclusions have an error rate of up to 2.5 %, so some claims are expected.
    #expect(claims > 0)
  }

  @Test(arguments: [0.6, -0.6])
  func realDifferencesAreFound(advantage: Double) throws {
    let verdict = advantage > 0 ? Contrast.Verdict.win : .loss
    let opposite = advantage > 0 ? Contrast.Verdict.loss : .win
    var found: [Metric: Int] = [:]
    for index in 0..<20 {
      let pair = try pair(seed: 5000 + UInt64(index), advantage: advantage, imageCount: 400)
      for metric in [Metric.accuracy, .negativeLogLikelihood, .brierScore] {
        if pair.mean?.verdict(metric) == verdict { found[metric, default: 0] += 1 }
        #expect(pair.mean?.verdict(metric) != opposite)
        #expect(pair.count(opposite, metric, at: Array(pair.cells.indices)) == 0)
      }
    }
    // The advantage is about five standard errors of the mean difference.
    for metric in [Metric.accuracy, .negativeLogLikelihood, .brierScore] {
      #expect(found[metric] ?? 0 >= 17, "\(metric)")
    }
  }
}
