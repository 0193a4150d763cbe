import Scoring
import Testing

/// Misuse that would give wrong numbers ends the program.
struct PreconditionTests {
  @Test func `members are compared on the same rows`() async {
    await #expect(processExitsWith: .failure) {
      var errors = ErrorContingency()
      errors.add(scores(2), scores(1))
    }
    await #expect(processExitsWith: .failure) {
      var labels = LabelAgreement(classCount: 2)
      labels.add(scores(2), scores(1))
    }
    await #expect(processExitsWith: .failure) {
      var rights = RightMemberCounts(memberCount: 2)
      rights.add([scores(1), scores(2)])
    }
  }

  @Test func `a confidence is a number`() async {
    await #expect(processExitsWith: .failure) {
      _ = ConfidenceRanking([(.nan, true)])
    }
  }

  @Test func `intervals are of shares, and draws of those there are`() async {
    await #expect(processExitsWith: .failure) {
      _ = BootstrapDistribution([1, 2])?.interval(confidence: 1.5)
    }
    await #expect(processExitsWith: .failure) {
      _ = try Bootstrap(imageCount: 3, drawCount: 3).images(ofDraw: 3)
    }
  }
}

/// The scores of `count` equal rows.
private func scores(_ count: Int) -> [RowScore] {
  let logits = try? LabeledLogits(
    [Float](repeating: 0, count: 2 * count), memberCount: 1, classCount: 2,
    labels: [Int](repeating: 0, count: count))
  return logits.flatMap { try? Scorer(threadCount: 1).rowScores(of: .ensemble, in: $0) } ?? []
}
