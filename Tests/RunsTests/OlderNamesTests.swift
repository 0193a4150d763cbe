import Foundation
import Runs
import TestSupport
import Testing

@Suite struct OlderNamesTests {
  private func keys(_ columns: [String], _ rows: [[String]]) throws -> [[String]] {
    let folder = try TemporaryFolder()
    let lines = [columns + ["value"]] + rows.map { $0 + ["1"] }
    let text = lines.map { $0.joined(separator: ",") + "\r\n" }.joined()
    let url = try folder.file("t.csv", holding: Array(text.utf8))
    return try ResultTable(contentsOf: url, keys: columns, numbers: ["value"]).keys
  }

  @Test(arguments: [
    ("mce_unnormalised", "mean_corruption_error"),
    ("relative_mce_unnormalised", "relative_mean_corruption_error"),
    ("mce_relative_to(b: ensemble)", "mean_corruption_error_relative_to(b: ensemble)"),
    ("relative_mce_relative_to(b)", "relative_mean_corruption_error_relative_to(b)"),
    ("mce", "mce"), ("relative_mce", "relative_mce"), ("nll", "nll"),
    ("mean_corruption_error", "mean_corruption_error"),
  ])
  func `corruption errors are no calibration errors`(old: String, today: String) throws {
    #expect(OlderNames.metric(old) == today)
    #expect(try keys(["metric", "calibration"], [[old, "mce"]]) == [[today, "mce"]])
  }

  @Test func `the cells of a substitute are marked, what is taken over them is not`() throws {
    let old = [["c15(substitute)", "frost(substitute)"], ["c15(substitute)", "macro"]]
    #expect(try keys(["protocol", "aggregate"], old) == [["c15", "frost"], ["c15", "macro"]])
    #expect(
      try keys(["corruption", "severity"], [["frost(substitute)", "1"]])
        == [["frost(substitute)", "1"]])
  }

  @Test func `an ensemble without members is a network`() throws {
    #expect(
      try keys(["predictor", "bin"], [["ensemble", "0"], ["ensemble", "1"]])
        == [["network", "0"], ["network", "1"]])
    for other in ["ensemble-probs", "member-0"] {
      let rows = [["ensemble", "0"], [other, "0"]]
      #expect(try keys(["predictor", "bin"], rows) == rows)
    }
  }

  @Test func `a name means the row that a run has`() {
    let members = ["ensemble", "ensemble-probs", "member-0", "member-1", "members-mean"]
    for name in members {
      #expect(PredictorChoice.name(name, main: "ensemble-probs", among: members) == name)
    }
    #expect(
      PredictorChoice.name("network", main: "ensemble-probs", among: members) == "ensemble-probs")
    for name in ["network", "ensemble", "ensemble-probs"] {
      #expect(PredictorChoice.name(name, main: "network", among: ["network"]) == "network")
    }
    for name in ["member-0", "members-mean", "networks"] {
      #expect(PredictorChoice.name(name, main: "network", among: ["network"]) == nil)
    }
    #expect(PredictorChoice.name("member-2", main: "ensemble", among: members) == nil)
  }
}
