import Formats
import Foundation
import Reports
import Runs
import Scoring
import TestSupport
import Testing

/// Runs that an older version wrote, beside today's.
@Suite struct OlderRunTests {
  /// Writes a run of the whole benchmark, with a substitute for frost.
  private func write(_ folder: URL, memberCount: Int, frost: String = "frost(substitute)") throws {
    try ReportedRun.write(
      to: folder, corruptions: ReportedRun.kinds.map { $0.name == "frost" ? frost : $0.name },
      severities: [1, 2, 3, 4, 5], calibrations: [.none], memberCount: memberCount)
  }

  /// Gives the tables in `folder` the names of an older version.
  private func age(_ folder: URL, isSingle: Bool) throws {
    for name in ["cells.csv", "reliability.csv", "summary.csv"] {
      let table = try CSVTable(contentsOf: folder.appending(path: name))
      let isSummary = name == "summary.csv"
      var old = CSVTable(header: isSummary ? table.header.dropLast() : table.header)
      for row in table.rows {
        var row = row
        let predictor = try #require(table.header.firstIndex(of: "predictor"))
        if isSingle { row[predictor] = "ensemble" }
        if isSummary {
          row.removeLast()
          let metric = try #require(table.header.firstIndex(of: "metric"))
          row[metric] =
            [
              "mean_corruption_error": "mce_unnormalised",
              "relative_mean_corruption_error": "relative_mce_unnormalised",
            ][row[metric]] ?? row[metric]
          if row[2] != "clean" { row[2] += "(substitute)" }
          if row[3] == "frost" { row[3] += "(substitute)" }
        }
        old.append(row)
      }
      try AtomicFile.write(old.text, to: folder.appending(path: name))
    }
  }

  private func table(
    _ runs: [Run], predictors: [String], metrics: [String] = ["accuracy", "mean_corruption_error"]
  ) throws -> [String] {
    let scopes = [("clean", "clean"), ("c15", "macro"), ("c15", "frost"), ("c15", "noise")]
    return try SelectedTable(
      runs,
      SummarySelection(
        scopes: scopes.map { .init(protocolName: $0, aggregate: $1) }, metrics: metrics,
        predictors: predictors)
    ).markdown(hasIntervals: false).split(separator: "\n").map(String.init)
  }

  @Test(arguments: [1, 2])
  func `an old run has the names and numbers of today's`(memberCount: Int) throws {
    let folder = try TemporaryFolder()
    let folders = ["a", "b"].map { folder.file($0) }
    for url in folders { try write(url, memberCount: memberCount) }
    try age(folders[1], isSingle: memberCount == 1)
    let runs = try zip(folders, ["new", "old"]).map { try Run(folder: RunFolder($0), label: $1) }
    #expect(runs[0].cells.keys == runs[1].cells.keys)
    #expect(runs[0].summary.keys == runs[1].summary.keys)
    #expect(runs[0].reliability.keys == runs[1].reliability.keys)
    let main = memberCount == 1 ? "network" : "ensemble"
    let lines = try table(runs, predictors: ["ensemble"])
    #expect(lines[2] == lines[3].replacing("old", with: "new"))
    #expect(lines[2].hasPrefix("| new | \(main) | none | "))
    #expect(
      try table(runs, predictors: [main])
        == table(runs, predictors: [main], metrics: ["accuracy", "mce_unnormalised"]))
  }

  @Test func `a network stands beside an ensemble by either name`() throws {
    let folder = try TemporaryFolder()
    let folders = ["a", "b"].map { folder.file($0) }
    for (url, count) in zip(folders, [1, 2]) { try write(url, memberCount: count) }
    let runs = try zip(folders, ["one", "two"]).map { try Run(folder: RunFolder($0), label: $1) }
    for name in ["network", "ensemble"] {
      let rows = try table(runs, predictors: [name])[2...3]
      #expect(rows[2].hasPrefix("| one | network | none |"))
      #expect(rows[3].hasPrefix("| two | ensemble | none |"))
    }
    #expect {
      try table([runs[0]], predictors: ["member-0"])
    } throws: {
      "\($0)" == "predictor: expected one of network, found \"member-0\""
    }
  }

  @Test func `a substitute marks the columns that it is in, and a note names its runs`() throws {
    let folder = try TemporaryFolder()
    let folders = ["a", "b"].map { folder.file($0) }
    try write(folders[0], memberCount: 1)
    try write(folders[1], memberCount: 1, frost: "frost")
    let runs = try zip(folders, ["a", "b"]).map { try Run(folder: RunFolder($0), label: $1) }
    let both = try table(runs, predictors: ["network"], metrics: ["nll"])
    #expect(
      both[0]
        == "| run | predictor | calibration | nll, clean | nll, c15, macro † | nll, c15, frost † "
        + "| nll, c15, noise |")
    #expect(
      both.last == "† with a substitute for frost in a, not comparable with published values.")
    let one = try table([runs[0]], predictors: ["network"], metrics: ["nll"])
    #expect(one.last == "† with a substitute for frost, not comparable with published values.")
    let published = try table([runs[1]], predictors: ["network"], metrics: ["nll"])
    #expect(!published.joined().contains("†"))
  }
}
