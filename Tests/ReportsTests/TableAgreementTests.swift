import Foundation
import Reports
import Runs
import Scoring
import TestSupport
import Testing

/// What `table` marks as the best, and what `compare` concludes.
@Suite struct TableAgreementTests {
  private static let metrics = Comparison.metrics.map(\.name)

  /// Which rows are bold in each column of a table of clean images and all cells.
  private func bold(_ runs: [Run]) throws -> [[Bool]] {  // [rows][columns]
    let scopes = [("clean", "clean"), ("c19", "macro")]
    let table = try SelectedTable(
      runs,
      SummarySelection(
        scopes: scopes.map { .init(protocolName: $0, aggregate: $1) }, metrics: Self.metrics),
      testThreadCount: 2
    ).markdown(hasIntervals: false)
    #expect(table.contains("not significantly worse in paired tests"))
    return table.split(separator: "\n").dropFirst(2).prefix(runs.count).map { row in
      row.split(separator: "|").suffix(10).map { $0.contains("**") }
    }
  }

  @Test(arguments: [(2.5, 2.5), (2.5, 2.0), (2.0, 3.5), (1.0, 4.0)])
  func `of two runs the worse is not bold exactly where it is concluded`(
    first: Float, second: Float
  ) throws {
    let folder = try TemporaryFolder()
    let folders = ["a", "b"].map { folder.file($0) }
    for (index, skill) in [first, second].enumerated() {
      try ReportedRun.write(
        to: folders[index], name: ["a", "b"][index], skill: skill, seed: UInt64(index + 1),
        corruptions: ReportedRun.kinds.map(\.name), calibrations: [.none], memberCount: 1)
    }
    var comparer = RunComparer(threadCount: 2)
    comparer.drawCount = 0
    let pair = try comparer.compare(folders).pairs[0]
    let bold = try bold(zip(folders, ["a", "b"]).map { try Run(folder: RunFolder($0), label: $1) })
    let mean = try #require(pair.mean)
    for (scope, contrast) in [pair.cells[0], mean].enumerated() {
      for (index, metric) in Comparison.metrics.enumerated() {
        let marks = bold.map { $0[5 * scope + index] }
        let expected =
          switch contrast.verdict(metric) {
          case .win: [false, true]
          case .loss: [true, false]
          case .undecided: [true, true]
          }
        #expect(marks == expected, "\(metric.name) of scope \(scope)")
      }
    }
  }
}
