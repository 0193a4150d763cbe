import Formats
import Foundation
import Reports
import Runs
import Scoring
import TestSupport
import Testing

@Suite struct SelectedTableTests {
  /// A run whose summary has these values and intervals of a metric, for predictors p_0, p_1 and so on.
  private func run(
    _ folder: URL, label: String, metric: String = "nll", calibrations: [String]? = nil,
    _ values: [(Double, Double, Double)]
  ) throws -> Run {
    try ReportedRun.write(to: folder, corruptions: [], calibrations: [.none])
    var table = CSVTable(header: [
      "run", "dataset", "protocol", "aggregate", "predictor", "calibration", "metric", "value",
      "low", "high",
    ])
    for (index, value) in values.enumerated() {
      table.append(
        ["r", "d", "clean", "clean", "p_\(index)", calibrations?[index] ?? "none", metric]
          + [value.0, value.1, value.2].map { CSVTable.field($0) })
    }
    try AtomicFile.write(table.text, to: folder.appending(path: "summary.csv"))
    return try Run(folder: RunFolder(folder), label: label)
  }

  private func selection(_ metric: String = "nll") -> SummarySelection {
    SummarySelection(
      scopes: [.init(protocolName: "clean", aggregate: "clean")], metrics: [metric])
  }

  @Test func `the best, its ties and what has an interval that reaches it are bold`() throws {
    let folder = try TemporaryFolder()
    // The best; one shown as equal; one whose interval reaches 0.2; one whose interval is above it.
    let run = try run(
      folder.url, label: "x",
      [(0.2, 0.19, 0.21), (0.20001, 0.20001, 0.3), (0.25, 0.2, 0.3), (0.22, 0.21, 0.23)])
    let table = try SelectedTable([run], selection())
    #expect(
      table.markdown(hasIntervals: false) == """
        | predictor | calibration | nll, clean |
        | :-- | :-- | --: |
        | p\\_0 | none | **0.2000** |
        | p\\_1 | none | **0.2000** |
        | p\\_2 | none | **0.2500** |
        | p\\_3 | none | 0.2200 |

        Bold: the best of a column, and what has a 95 % interval that contains it.

        """)
    #expect(
      table.latex(hasIntervals: true).contains(
        "p\\_3 & 0.2200 \\\\\n & {\\scriptsize$\\pm$0.0100} \\\\[0.2em]\n\\bottomrule"))
  }

  @Test(arguments: [("accuracy", 2), ("nll", 0), ("overconfidence", 1), ("entropy", -1)])
  func `better is larger, smaller, nearer to 0 or undefined`(metric: String, best: Int) throws {
    let folder = try TemporaryFolder()
    let values = [-0.3, 0.1, 0.5].map { ($0, $0, $0) }
    let run = try run(folder.url, label: "x", metric: metric, values)
    let rows = try SelectedTable([run], selection(metric)).markdown(hasIntervals: false)
      .split(separator: "\n").filter { $0.contains("p\\_") }
    #expect(rows.map { $0.contains("**") } == (0..<3).map { $0 == best })
  }

  @Test func `a bound is never the best`() throws {
    let folder = try TemporaryFolder()
    let run = try run(
      folder.url, label: "x", calibrations: ["oracle", "none"], [(0.1, 0, 1), (0.2, 0.2, 0.2)])
    let text = try SelectedTable([run], selection()).markdown(hasIntervals: false)
    #expect(text.contains("| oracle | 0.1000 |") && text.contains("| none | **0.2000** |"))
  }

  @Test func `names are escaped, runs are told apart`() throws {
    let folder = try TemporaryFolder()
    let label = "a_b|<x>\\&%$#{~^}"
    let runs = [
      try run(folder.file("0"), label: label, [(1, 1, 1)]),
      try run(folder.file("1"), label: "other", [(2, 2, 2)]),
    ]
    let table = try SelectedTable(runs, selection())
    #expect(
      table.markdown(hasIntervals: false).contains("| a\\_b\\|\\<x\\>\\\\\\&%\\$\\#\\{\\~^\\} |"))
    #expect(
      table.latex(hasIntervals: false).contains(
        "a\\_b\\textbar{}\\textless{}x\\textgreater{}\\textbackslash{}\\&\\%\\$\\#\\{\\textasciitilde{}"
          + "\\textasciicircum{}\\} & "))
  }

  @Test func `what no run has is refused`() throws {
    let folder = try TemporaryFolder()
    let run = try run(folder.url, label: "x", [(1, 1, 1)])
    #expect {
      try SelectedTable([run], selection("accuracy"))
    } throws: {
      "\($0)" == "metric: expected one of nll, found \"accuracy\""
    }
  }

  @Test func `metrics are named in short, and errors name all of them`() throws {
    let folder = try TemporaryFolder()
    try ReportedRun.write(to: folder.url, corruptions: [], calibrations: [.none])
    let run = try Run(folder: RunFolder(folder.url), label: "x")
    func table(_ metric: String) throws -> String {
      try SelectedTable([run], selection(metric)).markdown(hasIntervals: false)
    }
    #expect(try table("auroc") == table("auroc_misclassification"))
    #expect {
      try table("aupr")
    } throws: {
      "\($0)"
        == "metric: \"aupr\" is short for aupr_error, aupr_success; name one of them"
    }
    #expect {
      try table("f1")
    } throws: { error in
      Metric.all.allSatisfy { "\(error)".contains($0.name) }
    }
  }
}
