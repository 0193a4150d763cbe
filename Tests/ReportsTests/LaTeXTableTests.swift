import Formats
import Foundation
import Reports
import Runs
import Scoring
import TestSupport
import Testing

/// Tables that papers can have.
@Suite struct LaTeXTableTests {
  private static let page = "\\documentclass{article}"
  private static let column = "\\documentclass[twocolumn]{article}"

  private static let pdfLaTeX = ["/usr/bin/pdflatex", "/usr/local/bin/pdflatex"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Runs of the whole benchmark with a substitute for frost, under these labels.
  private func runs(
    _ folder: borrowing TemporaryFolder, _ labels: [String], memberCount: Int = 2
  ) throws -> [Run] {
    try labels.enumerated().map { index, label in
      let url = folder.file("run-\(index)")
      try ReportedRun.write(
        to: url, skill: 2 + Float(index), seed: UInt64(index),
        corruptions: ReportedRun.kinds.map { $0.name == "frost" ? "frost(substitute)" : $0.name },
        memberCount: memberCount)
      return try Run(folder: RunFolder(url), label: label)
    }
  }

  /// Sets `tables` in a document of class `document`, and returns what LaTeX says.
  private func compile(_ tables: [String], document: String) throws -> String {
    let folder = try TemporaryFolder()
    let text =
      "\(document)\n\\usepackage{booktabs}\n\\begin{document}\n"
      + tables.map { "\\noindent\n\($0)\n\\clearpage\n" }.joined() + "\\end{document}\n"
    try AtomicFile.write(text, to: folder.file("table.tex"))
    let process = Process()
    process.executableURL = URL(filePath: try #require(Self.pdfLaTeX))
    process.arguments = ["-interaction=nonstopmode", "-halt-on-error", "table.tex"]
    process.currentDirectoryURL = folder.url
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let log = String(
      decoding: try FileContents.read(folder.file("table.log"), limit: 1 << 20), as: UTF8.self)
    #expect(process.terminationStatus == 0, "\(log)\n\(text)")
    return log
  }

  private static let hostile = "a_b|<x>\\&%$#{~^}\"'`?-- é ñ ü Å ç ł 日本 − –"

  @Test(.enabled(if: pdfLaTeX != nil), arguments: [false, true])
  func `tables are set without errors, and fit a page`(hasIntervals: Bool) throws {
    let folder = try TemporaryFolder()
    let names = ["exp_cifar100_wrn2810-2_cutmixmo-p5_standard_bar4", "baseline", Self.hostile]
    let runs = try runs(folder, names)
    let standard = SummarySelection(standardFor: runs).narrow
    var all = standard
    (all.metrics, all.predictors, all.calibrations) = (["auroc", "brier"], nil, ["none"])
    let tables = try [
      SelectedTable(runs, standard), SelectedTable([runs[0]], standard), SelectedTable(runs, all),
    ].map { $0.latex(hasIntervals: hasIntervals) }
    for table in tables {
      #expect(table.contains("fits a page") || table.contains("fits a column"))
    }
    let log = try compile(tables, document: Self.page)
    #expect(!log.contains("Overfull"), "\(log)")
  }

  @Test(.enabled(if: pdfLaTeX != nil))
  func `a table of a few columns fits a column`() throws {
    let folder = try TemporaryFolder()
    let runs = try runs(folder, ["exp_cifar100_wrn2810-2_cutmixmo-p5_standard_bar4", "b"])
    var selection = SummarySelection(standardFor: runs).narrow
    (selection.metrics, selection.calibrations) = (["accuracy", "ece"], ["none"])
    let table = try SelectedTable(runs, selection).latex(hasIntervals: true)
    #expect(table.contains("fits a column of 3.3 in"), "\(table)")
    let log = try compile([table], document: Self.column)
    #expect(!log.contains("Overfull"), "\(log)")
  }

  @Test func `headings are those of papers, and what rows share is said once`() throws {
    let folder = try TemporaryFolder()
    let runs = try runs(folder, ["a", "b"], memberCount: 1)
    let table = try SelectedTable(
      runs,
      SummarySelection(
        scopes: [.init(macroMeanOf: "clean"), .init(macroMeanOf: "c15")],
        metrics: ["accuracy", "nll", "ece", "auroc", "overconfidence", "entropy"],
        calibrations: ["none"])
    ).latex(hasIntervals: false)
    for text in [
      "\\small",
      "Acc. \\% $\\uparrow$ & NLL $\\downarrow$ & ECE $\\downarrow$ & AUROC $\\uparrow$ & "
        + "Overconf. $\\to 0$ & Entropy", "% Predictor: network. Calibration: none.",
      "\\multicolumn{6}{c}{c15, macro$^\\dagger$}",
      "$^\\dagger$ with a substitute for frost, not comparable with published values.",
    ] {
      #expect(table.contains(text), "\(text)\n\(table)")
    }
  }

  @Test func `a run is named in the first of its rows`() throws {
    let folder = try TemporaryFolder()
    let runs = try runs(folder, ["first", "second"])
    var selection = SummarySelection(standardFor: runs).narrow
    (selection.metrics, selection.predictors) = (["nll"], nil)
    let table = try SelectedTable(runs, selection).latex(hasIntervals: true)
    for run in ["first", "second"] {
      #expect(table.components(separatedBy: "\n\(run) & ").count == 2, "\(table)")
    }
  }

  @Test func `intervals stand below the values`() throws {
    let folder = try TemporaryFolder()
    let runs = try runs(folder, ["a"], memberCount: 1)
    var selection = SummarySelection(standardFor: runs).narrow
    (selection.metrics, selection.scopes) = (["nll"], [.init(macroMeanOf: "clean")])
    let table = try SelectedTable(runs, selection).latex(hasIntervals: true)
    let key = ["clean", "clean", "network", "none", "nll"]
    let value = try #require(runs[0].summary[key, "value"]?.value)
    let low = try #require(runs[0].summary[key, "low"]?.value)
    let high = try #require(runs[0].summary[key, "high"]?.value)
    let reach = String(format: "%.4f", max(value - low, high - value))
    #expect(table.contains(" & {\\scriptsize$\\pm$\(reach)} \\\\[0.2em]"), "\(table)")
  }

  @Test func `too many columns are said to be too wide`() throws {
    let folder = try TemporaryFolder()
    let runs = try runs(folder, ["a"], memberCount: 1)
    var selection = SummarySelection(standardFor: runs)
    selection.metrics = ["accuracy", "nll", "ece", "brier", "auroc"]
    let table = try SelectedTable(runs, selection).latex(hasIntervals: false)
    #expect(table.contains("more than a page of 4.8 in: choose fewer --over or --metric"))
  }
}
