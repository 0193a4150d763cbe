import Datasets
import Evaluation
import Formats
import Foundation
import Runs
import Scoring
import Tensors
import TestSupport
import Testing

/// Images of no class, whose predictions come with those of the cells.
struct OutOfDistributionImagesTests {
  /// A plan of 24 images, and of 300 others: a whole share of 256 and a rest.
  private static func plan(_ otherCount: Int = 300) throws -> EvaluationPlan {
    EvaluationPlan(
      runName: "test", dataset: Digits.first(24, of: .test),
      outOfDistribution: [
        EvaluationPlan.OtherImages(
          name: "others", images: Digits.first(otherCount, of: .train), source: ["others"])
      ])
  }

  /// Evaluates the plan in `folder`, as one of several processes.
  private static func evaluate(
    in folder: URL, among processes: any ProcessGroup = SoleProcess(), otherCount: Int = 300,
    isInterrupted: @escaping () -> Bool = { false }
  ) throws {
    let workers = Workers(count: 1)
    let predictions = ModelPredictions(
      of: ModelSource(
        classCount: 10, configuration: "depth: 10\n", fingerprint: { "f" },
        open: { NetworkModel(EvaluationRunTests.network(threads: 1)) }), for: try plan(otherCount),
      in: RunFolder(folder), suite: nil, seed: 5, version: "0.1.0", workers: workers,
      processes: processes)
    guard processes.isFirst else { return try predictions.assist() }
    let settings = ScoringSettings(
      calibrations: [.none, .temperature], drawCount: 9,
      additions: Additions(outOfDistribution: ["others"]))
    var counts: [Int] = []
    _ = try EvaluationRun(of: predictions, request: ScoringRequest(settings), workers: workers)
      .run(
        report: { event in
          if case .predicted(_, let count, _) = event { counts.append(count) }
        }, isInterrupted: isInterrupted)
    #expect(counts == counts.sorted())
  }

  private func files(_ folder: URL) throws -> [String: [UInt8]] {
    let names = ["clean-0.npy", "labels.npy", "ood-others/clean-0.npy", "ood-others/labels.npy"]
    return try (names.map { "predictions/\($0)" } + ["cells.csv", "summary.csv", "ood.csv"])
      .reduce(into: [:]) {
        $0[$1] = try FileContents.read(folder.appending(path: $1), limit: 1 << 30)
      }
  }

  @Test(arguments: [2, 3])
  func `processes that share them leave the bytes of one`(count: Int) throws {
    let folder = try TemporaryFolder()
    let (whole, shared) = (folder.file("whole"), folder.file("shared"))
    try Self.evaluate(in: whole)
    let expected = try files(whole)
    // The second time all is there.
    for _ in 0..<2 {
      _ = try ThreadProcesses.run(count) { try Self.evaluate(in: shared, among: $0) }
      #expect(try files(shared) == expected)
    }
    let record = try RunRecord.read(from: RunFolder(shared))
    let others = try #require(record.outOfDistribution?["others"])
    #expect(others.images == 300 && others.arePredictions == nil)
    #expect(record.predictions?["ood-others/clean-0.npy"] != nil)
    #expect(record.additions.outOfDistribution == ["others"])
    let labels = try RunFolder(shared).predictions.outOfDistribution("others").labels()
    #expect(labels == [Int](repeating: -1, count: 300))
  }

  @Test func `an evaluation goes on after an interruption`() throws {
    let folder = try TemporaryFolder()
    try Self.evaluate(in: folder.file("whole"))
    // Asked after each batch of 64: five of the images of no class, then one of the clean ones.
    for limit in [1, 5, 6] {
      var count = 0
      #expect(throws: EvaluationError.self) {
        try Self.evaluate(in: folder.file("cut")) {
          count += 1
          return count == limit
        }
      }
    }
    try Self.evaluate(in: folder.file("cut"))
    #expect(try files(folder.file("cut")) == files(folder.file("whole")))
  }

  @Test func `other images under the name of those in the folder are refused`() throws {
    let folder = try TemporaryFolder()
    try Self.evaluate(in: folder.url)
    #expect {
      try Self.evaluate(in: folder.url, otherCount: 299)
    } throws: {
      guard case RunsError.otherEvaluation(_, "images of no class, others", _, _) = $0 else {
        return false
      }
      return true
    }
  }
}
