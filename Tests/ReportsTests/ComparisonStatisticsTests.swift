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
    // Without means the cells have Holm's correction alone.
    #expect(FamilyCorrection.adjusted(means: [], cells: [0.01, 0.5]).cells == [0.02, 0.5])
    // At 5 % neither family is wholly rejected, so each is tested at half; the mean is at 40 %.
    let open = FamilyCorrection.adjusted(means: [0.2], cells: [0.01, 0.5])
    #expect(open.means == [0.4] && open.cells == [0.04, 0.5])
    // A rejected mean passes its half on, so the cells are tested at the whole 5 %.
    let passed = FamilyCorrection.adjusted(means: [0.001], cells: [0.02, 0.5])
    #expect(passed.means == [0.002] && passed.cells == [0.04, 0.5])
    // So do the cells; no value falls below what it took to reject the other family.
    let back = FamilyCorrection.adjusted(means: [0.04], cells: [0.001, 0.012])
    #expect(back.means == [0.04] && back.cells == [0.004, 0.024])
  }

  /// A row that is right and one that is wrong, of two classes.
  private static func rows() throws -> (right: RowScore, wrong: RowScore) {
    let logits = try LabeledLogits([1, 0, 0, 1], memberCount: 1, classCount: 2, labels: [0, 0])
    let rows = try Scorer(threadCount: 1).rowScores(of: .ensemble, in: logits)
    return (rows[0], rows[1])
  }

  /// Two runs on clean images and ten corrupted cells; the second is better by `advantage`.
  ///
  /// The difficulty of an image, and each run's own bias on it, are the same in all cells, so that cells
  /// are correlated as in real runs.
  private func pair(
    seed: UInt64, advantage: Double = 0, imageCount: Int = 120
  ) throws -> Comparison.Pair {
    var generator = SeededGenerator(seed: seed)
    func spread(_ size: Double) -> Double { Double.random(in: -size...size, using: &generator) }
    let (right, wrong) = try Self.rows()
    let ease = (0..<imageCount).map { _ in spread(2) }
    let bias = (0..<2).map { _ in (0..<imageCount).map { _ in spread(1.5) } }
    var tally = ComparisonTally(runCount: 2, imageCount: imageCount, metrics: [.accuracy])
    for cell in 0...10 {
      let scores = (0..<2).map { run in
        let strength = 0.8 - 0.1 * Double(cell) + Double(run) * advantage
        let rows = (0..<imageCount).map { image in
          ease[image] + bias[run][image] + spread(1) + strength > 0 ? right : wrong
        }
        return [ScoredRows(rows, classCount: 2)]
      }
      try tally.add(isCorrupted: cell > 0, scores)
    }
    return tally.pairs(["b"])[0]
  }

  @Test func runsThatDifferInTheirSeedAloneAreRarelyClaimedToDiffer() throws {
    let claims = try (0..<2000).count { index in
      let pair = try pair(seed: 1000 + UInt64(index))
      return pair.mean?.verdict != .undecided || pair.count(.undecided) < pair.cells.count
    }
    // With an error rate of 5 %, at most 131 of 2000 pairs are wrong claims with probability 0.999
    // (binomial).
    #expect(claims <= 131)
    // The test of the mean alone has an error rate of nearly 2.5 %, so some claims are expected.
    #expect(claims > 20)
  }

  @Test(arguments: [0.6, -0.6])
  func realDifferencesAreFound(advantage: Double) throws {
    let verdict = advantage > 0 ? Contrast.Verdict.win : .loss
    let opposite = advantage > 0 ? Contrast.Verdict.loss : .win
    var found = 0
    for index in 0..<20 {
      let pair = try pair(seed: 5000 + UInt64(index), advantage: advantage, imageCount: 400)
      if pair.mean?.verdict == verdict { found += 1 }
      #expect(pair.mean?.verdict != opposite && pair.count(opposite) == 0)
      #expect(pair.count(verdict) > 0 || pair.mean?.verdict == .undecided)
    }
    // The advantage is about five standard errors of the mean difference.
    #expect(found >= 18)
  }
}
