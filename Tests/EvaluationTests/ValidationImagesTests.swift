import Datasets
import Evaluation
import Formats
import Foundation
import Runs
import Scoring
import Tensors
import TestSupport
import Testing

/// Calibrations that are fitted on the training images that a run keeps, whose predictions come with those
/// of the cells.
struct ValidationImagesTests {
  /// A plan of 24 images in each cell, and of 300 others: a whole share of 256 and a rest.
  private static func plan() throws -> EvaluationPlan {
    EvaluationPlan(
      runName: "test", dataset: Digits.first(24, of: .test),
      validation: Digits.first(300, of: .train))
  }

  /// Evaluates the plan in `folder`, as one of several processes.
  private static func evaluate(in folder: URL, among processes: any ProcessGroup) throws {
    let workers = Workers(count: 1)
    let predictions = ModelPredictions(
      of: ModelSource(
        classCount: 10, configuration: "depth: 10\n", fingerprint: { "f" },
        open: { NetworkModel(EvaluationRunTests.network(threads: 1)) }), for: try plan(),
      in: RunFolder(folder), suite: nil, seed: 5, version: "0.1.0", workers: workers,
      processes: processes)
    guard processes.isFirst else { return try predictions.assist() }
    let settings = ScoringSettings(
      calibrations: [.none, .temperature], fitting: .validationImages, drawCount: 0)
    var counts: [Int] = []
    _ = try EvaluationRun(of: predictions, request: ScoringRequest(settings), workers: workers)
      .run(report: { event in
        guard case .predicted(_, let count, let total) = event else { return }
        counts.append(count)
        #expect(total == 324)
      })
    #expect(counts == counts.sorted() && [nil, 324].contains(counts.last))
  }

  private func files(_ folder: URL) throws -> [String: [UInt8]] {
    let names = ["predictions/clean-0.npy", "predictions/labels.npy", "cells.csv", "summary.csv"]
    let others = ["predictions/validation/clean-0.npy", "predictions/validation/labels.npy"]
    return try (names + others).reduce(into: [:]) {
      $0[$1] = try FileContents.read(folder.appending(path: $1), limit: 1 << 30)
    }
  }

  @Test(arguments: [2, 3])
  func `processes that share them leave the bytes of one`(count: Int) throws {
    let folder = try TemporaryFolder()
    let (whole, shared) = (folder.file("whole"), folder.file("shared"))
    try Self.evaluate(in: whole, among: SoleProcess())
    let expected = try files(whole)
    // The second time all is there.
    for _ in 0..<2 {
      _ = try ThreadProcesses.run(count) { try Self.evaluate(in: shared, among: $0) }
      #expect(try files(shared) == expected)
    }
    let record = try RunRecord.read(from: RunFolder(shared))
    #expect(record.validation?.images == 300 && record.scoring?.fitting == "validation")
    #expect(record.predictions?["validation/clean-0.npy"] != nil)
    let fitting = try CSVTable(contentsOf: shared.appending(path: "cells.csv")).column("fitting")
    #expect(Set(fitting ?? []) == ["validation"])
  }

  @Test func `other kept images in one folder are refused`() throws {
    let folder = try TemporaryFolder()
    try Self.evaluate(in: folder.url, among: SoleProcess())
    var record = try RunRecord.read(from: RunFolder(folder.url))
    record.validation = RunRecord.Validation(images: 300, data: "others")
    try record.write(to: RunFolder(folder.url))
    #expect {
      try Self.evaluate(in: folder.url, among: SoleProcess())
    } throws: {
      guard case RunsError.otherEvaluation(_, "images for validation", _, let found) = $0 else {
        return false
      }
      return found == "others"
    }
  }
}
