import Formats
import Foundation
import TestSupport
import Testing

/// `mixmo report` and `mixmo table` as a user meets them.
struct ReportCommandTests {
  /// A run of 60 scored rows of two members over three classes.
  private func score(_ folder: borrowing TemporaryFolder, _ name: String, seed: UInt64) throws
    -> String
  {
    let (logits, classes) = (folder.file("\(name).npy"), folder.file("labels.npy"))
    try RandomLogits(rowCount: 60, memberCount: 2, seed: seed).write(logits, classes)
    let output = folder.file(name).path
    let process = try MixmoProcess(
      "score", "--logits", logits.path, "--labels", classes.path, "--temperature-scaling",
      "--output", output)
    #expect(process.status == 0, "\(process.errors)")
    return output
  }

  @Test func `one run into its folder, two side by side, and a table`() throws {
    let folder = try TemporaryFolder()
    let runs = try ["a", "b"].enumerated().map {
      try score(folder, $1, seed: UInt64($0))
    }
    let one = try MixmoProcess("report", runs[0])
    #expect(one.status == 0, "\(one.errors)")
    #expect(one.output == "\(runs[0])/report.html\n")
    let json = try MixmoProcess("report", runs[0], "--json")
    #expect(json.output == #"{"page":"\#(runs[0])/report.html"}"# + "\n")
    #expect(FileManager.default.fileExists(atPath: "\(runs[0])/figures/reliability-1-column.pdf"))

    let refused = try MixmoProcess("report", runs[0], runs[1])
    #expect(refused.status == 64 && refused.errors.contains("--output"))
    let both = try MixmoProcess("report", runs[0], runs[1], "--output", folder.file("c").path)
    #expect(both.status == 0, "\(both.errors)")
    let page = try String(contentsOf: folder.file("c/report.html"), encoding: .utf8)
    #expect(page.contains("2 runs side by side"))

    let table = try MixmoProcess(
      "table", runs[0], runs[1], "--format", "latex", "--predictor", "ensemble", "--metric",
      "nll")
    #expect(table.status == 0, "\(table.errors)")
    for part in ["\\toprule", "\nb & none", "\n & temperature"] {
      #expect(table.output.contains(part), "\(table.output)")
    }
    let wrong = try MixmoProcess("table", runs[0], "--metric", "nil")
    #expect(wrong.status == 1 && wrong.errors.contains("metric: expected one of accuracy"))
  }

  @Test func `without gnuplot there is a page of numbers, and a line about it`() throws {
    let folder = try TemporaryFolder()
    let run = try score(folder, "a", seed: 3)
    let process = try MixmoProcess(["report", run], environment: ["PATH": "/nowhere"])
    #expect(process.status == 0, "\(process.errors)")
    #expect(process.errors.contains("gnuplot was not found"))
    let page = try String(contentsOf: URL(filePath: "\(run)/report.html"), encoding: .utf8)
    #expect(page.contains("gnuplot was not found") && !page.contains("<svg"))
    #expect(page.contains("<details open>"))
  }

  @Test func `without gnuplot drawings of other numbers go, those of the same and of others stay`()
    throws
  {
    let folder = try TemporaryFolder()
    let run = try score(folder, "a", seed: 3)
    func names(_ run: String) throws -> Set<String> {
      Set(try FileManager.default.contentsOfDirectory(atPath: "\(run)/figures"))
    }
    #expect(try MixmoProcess("report", run).status == 0)
    let drawn = try names(run)
    #expect(drawn.contains("risk-coverage-2-column.pdf"))
    #expect(try MixmoProcess(["report", run], environment: ["PATH": "/nowhere"]).status == 0)
    #expect(try names(run) == drawn)
    // Of a comparison, of a figure that the page no longer has, and of a user.
    let others = ["verdicts-1-1-column.pdf", "mine.pdf", "mine-3-column.pdf"]
    let outdated = ["family-curves-1-column.png", "family-curves.csv"]
    for name in others + outdated {
      try AtomicFile.write("x", to: URL(filePath: "\(run)/figures/\(name)"))
    }
    let other = try score(folder, "b", seed: 4)
    try FileManager.default.moveItem(atPath: "\(run)/figures", toPath: "\(other)/figures")
    #expect(try MixmoProcess(["report", other], environment: ["PATH": "/nowhere"]).status == 0)
    let data = drawn.filter { $0.hasSuffix(".csv") }
    #expect(!data.isEmpty)
    #expect(try names(other) == data.union(others))
  }

  @Test func `a folder that is no run is named`() throws {
    let folder = try TemporaryFolder()
    let process = try MixmoProcess("report", folder.url.path)
    #expect(process.status == 1)
    #expect(
      process.errors.contains("\(folder.url.path): expected the folder of a finished evaluation"))
  }
}
