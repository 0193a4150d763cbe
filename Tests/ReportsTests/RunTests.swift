import Formats
import Foundation
import Reports
import Runs
import TestSupport
import Testing

@Suite struct RunTests {
  @Test func `half a run names what is missing`() throws {
    for name in ["run.json", "cells.csv", "summary.csv", "reliability.csv", "diversity.csv"] {
      let folder = try TemporaryFolder()
      try ReportedRun.write(to: folder.url, corruptions: [])
      try FileManager.default.removeItem(at: folder.file(name))
      #expect(throws: RunsError.missingFile(folder.url, name)) {
        try Run(folder: RunFolder(folder.url), label: "a")
      }
    }
  }

  @Test func `an empty run has no rows`() throws {
    let folder = try TemporaryFolder()
    try ReportedRun.write(to: folder.url, corruptions: [])
    let table = try CSVTable(contentsOf: folder.file("cells.csv"))
    try AtomicFile.write(CSVTable(header: table.header).text, to: folder.file("cells.csv"))
    #expect(throws: RunsError.noRows(folder.file("cells.csv"))) {
      try Run(folder: RunFolder(folder.url), label: "a")
    }
  }

  @Test(arguments: ["nan", "inf", "first"])
  func `an epoch that is no number is refused by its row`(epoch: String) throws {
    let folder = try TemporaryFolder()
    try ReportedRun.write(to: folder.url, corruptions: [])
    let log = folder.file("logs.csv")
    try AtomicFile.write("epoch,train/loss\r\n1,0.5\r\n\(epoch),0.25\r\n", to: log)
    #expect(
      throws: RunsError.wrongField(
        log, row: 2, column: "epoch", expected: "a number", found: epoch)
    ) {
      try Run(folder: RunFolder(folder.url), label: "a")
    }
  }

  @Test func `families are those of the record, substitutes among them`() throws {
    let folder = try TemporaryFolder()
    try ReportedRun.write(to: folder.url)
    let run = try Run(folder: RunFolder(folder.url), label: "a")
    #expect(run.families.map(\.name) == ["noise", "weather"])
    #expect(run.families[1].corruptions == ["fog", "frost(substitute)"])
    #expect(run.severities == [1, 2, 3, 4, 5])
    #expect(run.shownCalibrations == ["none", "temperature"])
  }

  @Test func `runs of equal names are told apart by their folders`() {
    let folders = ["/a/seed-0/exp", "/a/seed-1/exp", "/b/other"].map { URL(filePath: $0) }
    #expect(
      RunLabels.labels(for: folders, names: ["exp", "exp", "third"])
        == ["seed-0/exp", "seed-1/exp", "third"])
    #expect(
      RunLabels.labels(for: [folders[0], folders[0]], names: ["x", "x"])
        == Array(repeating: "a/seed-0/exp", count: 2))
  }
}
