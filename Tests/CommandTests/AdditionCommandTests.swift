import Formats
import Foundation
import TestSupport
import Testing

/// `--conformal` and `--per-class` as a user meets them.
struct AdditionCommandTests {
  private static let both = ["--conformal", "--per-class", "--bootstrap", "20"]
  private static let tables = ["cells.csv", "diversity.csv", "reliability.csv"]

  /// The number in a field of a Markdown table, which may be bold.
  private static func number(_ field: Substring) -> Double {
    Double(field.filter { !"* ".contains($0) }) ?? -1
  }

  @discardableResult
  private func run(_ arguments: [String], status: Int32 = 0) throws -> MixmoProcess {
    let process = try MixmoProcess(arguments)
    try #require(process.status == status, "\(arguments): \(process.errors)")
    return process
  }

  /// Writes the predictions of clean images and of two cells; the command that scores them.
  private func cells(_ folder: borrowing TemporaryFolder, _ output: String) throws -> [String] {
    for (index, name) in ["clean", "fog-2", "fog-5"].enumerated() {
      try RandomLogits(rowCount: 60, memberCount: 2, seed: UInt64(8 + index))
        .write(folder.file("z/\(name).npy"), folder.file("y.npy"))
    }
    return [
      "score", "--cells", folder.file("z").path, "--labels", folder.file("y.npy").path,
      "--output", folder.file(output).path, "--name", "x",
    ]
  }

  private func bytes(_ url: URL) throws -> [UInt8] { try FileContents.read(url, limit: 1 << 26) }

  @Test func `tables are added, and the others stay what they are`() throws {
    let folder = try TemporaryFolder()
    try FolderCreation.create(folder.file("z"))
    let plain = try cells(folder, "plain")
    try run(plain + ["--bootstrap", "20"])
    let score = try cells(folder, "added")
    let said = try run(score + Self.both)
    #expect(said.output.contains("prediction sets (lac) cover"), "\(said.output)")
    for name in Self.tables {
      #expect(
        try bytes(folder.file("plain/\(name)")) == bytes(folder.file("added/\(name)")), "\(name)")
    }
    let sets = try CSVTable(contentsOf: folder.file("added/conformal.csv"))
    // 3 cells, 4 predictors, 3 methods, 2 α.
    #expect(sets.rows.count == 72 && Set(sets.column("method") ?? []).count == 3)
    let classes = try CSVTable(contentsOf: folder.file("added/classes.csv"))
    // 3 cells, 4 predictors, 3 classes.
    #expect(classes.rows.count == 36)
    let table = try run([
      "table", folder.file("added").path, "--metric", "coverage_lac_0.1", "accuracy_balanced",
      "--over", "clean",
    ])
    #expect(table.output.contains(#"coverage\_lac\_0.1"#), "\(table.output)")
    let column = try table.output.split(separator: "\n").dropFirst(2).prefix(4).map { line in
      try #require(line.split(separator: "|", omittingEmptySubsequences: false).dropLast().last)
    }
    let largest = column.max { Self.number($0) < Self.number($1) }
    #expect(
      largest?.contains("**") == true, "a larger balanced accuracy is better: \(table.output)")

    try run(["report", folder.file("added").path, "--quiet"])
    let page = String(decoding: try bytes(folder.file("added/report.html")), as: UTF8.self)
    for part in [
      "<section id=\"prediction-sets\">", "tables/prediction-sets.csv", "figures/confusion.csv",
      "<section id=\"classes\">", "tables/worst-classes.csv", "figures/prediction-sets.csv",
    ] {
      #expect(page.contains(part), "\(part)")
    }

    // What is left open stays; --only takes it out.
    let verified = try run(["verify", folder.file("added").path])
    for name in ["conformal.csv", "classes.csv"] {
      #expect(verified.output.contains("ok           \(name)"), "\(verified.output)")
    }
    let before = try bytes(folder.file("added/conformal.csv"))
    try run(["score", folder.file("added").path])
    #expect(try bytes(folder.file("added/conformal.csv")) == before)
    try run(["score", folder.file("added").path, "--only"])
    #expect(!FileManager.default.fileExists(atPath: folder.file("added/conformal.csv").path))
    #expect(try bytes(folder.file("added/summary.csv")) == bytes(folder.file("plain/summary.csv")))
    let again = try run(["score", folder.file("added").path, "--conformal", "--alpha", "0.2"])
    #expect(!again.errors.contains("α 0.1"), "\(again.errors)")
    let other = try run(["score", folder.file("added").path, "--conformal"])
    #expect(other.errors.contains("were of α 0.2"), "\(other.errors)")
  }

  @Test func `the shards of an evaluation make the bytes of the whole`() throws {
    let workspace = try Workspace.trained()
    func evaluate(_ output: String, _ more: [String]) throws {
      try run(
        workspace.evaluate(
          save: "runs", "--checkpoint", "best", "--generate", "--corruption", "contrast",
          "--severity", "1", "--severity", "2", "--quiet", "--output", workspace.path(output))
          + Self.both + ["--alpha", "0.2"] + more)
    }
    try evaluate("whole", [])
    for shard in 1...2 { try evaluate("\(shard)", ["--shard", "\(shard)/2"]) }
    try run(
      ["merge", workspace.path("1"), workspace.path("2"), "--output", workspace.path("merged")]
        + ["--quiet"])
    let (whole, merged) = (try workspace.files("whole"), try workspace.files("merged"))
    #expect(whole["conformal.csv"] != nil && whole["classes.csv"] != nil)
    for (name, bytes) in whole where name != "run.json" {
      #expect(merged[name] == bytes, "\(name)")
    }
  }

  @Test func `runs are compared by their sets, and of two α not at all`() throws {
    let folder = try TemporaryFolder()
    for (name, seed) in [("a", 3), ("b", 4), ("c", 4)] {
      try RandomLogits(rowCount: 60, seed: UInt64(seed))
        .write(folder.file("\(name).npy"), folder.file("y.npy"))
    }
    for (name, alpha) in [("a", "0.1"), ("b", "0.1"), ("c", "0.2")] {
      try run([
        "score", "--logits", folder.file("\(name).npy").path, "--labels", folder.file("y.npy").path,
        "--output", folder.file("run-\(name)").path, "--conformal", "--alpha", alpha,
        "--bootstrap", "20",
      ])
    }
    let (a, b, c) = (
      folder.file("run-a").path, folder.file("run-b").path, folder.file("run-c").path
    )
    let compared = try run(["compare", a, b, "--sets", "lac", "--bootstrap", "50"])
    #expect(compared.output.contains("coverage lac"), "\(compared.output)")
    #expect(try !run(["compare", a, b, "--bootstrap", "50"]).output.contains("coverage lac"))
    let refused = try run(["compare", a, c], status: 1)
    #expect(
      refused.errors.contains("α of prediction sets (--alpha): 0.1 and 0.2"), "\(refused.errors)")
    try run(["score", a, "--only"])
    let missing = try run(["compare", a, b, "--sets", "lac"], status: 1)
    #expect(missing.errors.contains("expected conformal.csv"), "\(missing.errors)")
  }

  @Test func `names of classes stand in the table`() throws {
    let folder = try TemporaryFolder()
    try RandomLogits(rowCount: 60, seed: 5).write(folder.file("z.npy"), folder.file("y.npy"))
    let score = [
      "score", "--logits", folder.file("z.npy").path, "--labels", folder.file("y.npy").path,
      "--output", folder.file("out").path, "--per-class", "--bootstrap", "0",
    ]
    try run(score)
    let table = try CSVTable(contentsOf: folder.file("out/classes.csv"))
    let count = table.rows.count
    let names = (0..<count).map { "name, \($0)" }
    try AtomicFile.write(names.joined(separator: "\r\n") + "\n\n", to: folder.file("names.txt"))
    try run(score + ["--classes-named", folder.file("names.txt").path])
    let named = try CSVTable(contentsOf: folder.file("out/classes.csv"))
    #expect(named.column("class_name") == names)
    try AtomicFile.write("one\n", to: folder.file("names.txt"))
    let few = try run(score + ["--classes-named", folder.file("names.txt").path], status: 1)
    #expect(few.errors.contains("expected the names of \(count) classes"), "\(few.errors)")
  }

  @Test func `columns are added at the end, and stay`() throws {
    let folder = try TemporaryFolder()
    try FolderCreation.create(folder.file("z"))
    try run(cells(folder, "plain") + ["--bootstrap", "20"])
    let said = try run(
      cells(folder, "added") + ["--bootstrap", "20", "--selective", "--decompositions"])
    #expect(said.output.contains("most confident of"), "\(said.output)")
    // Sentences are broken into lines.
    let words = said.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(
      try words.contains(
        "Miscalibration makes up \(Self.miscalibrationShare(folder.file("added/cells.csv"))) % of the "
          + "Brier score of the ensemble's top label on clean images and "),
      "\(said.output)")
    let (plain, added) = (
      try CSVTable(contentsOf: folder.file("plain/cells.csv")),
      try CSVTable(contentsOf: folder.file("added/cells.csv"))
    )
    #expect(added.header.count == plain.header.count + 10)
    #expect(added.rows.map { $0.prefix(plain.header.count) } == plain.rows.map { $0[...] })
    #expect(added.header.suffix(10).first == "risk_at_80" && added.header.last == "log_unc")
    try run(["report", folder.file("added").path, "--quiet"])
    let page = String(decoding: try bytes(folder.file("added/report.html")), as: UTF8.self)
    #expect(page.contains("figures/corp-reliability.csv"))
    #expect(page.contains("tables/selection-and-parts.csv"))
    let verified = try run(["verify", folder.file("added").path])
    #expect(verified.output.contains("ok           cells.csv"), "\(verified.output)")
    let before = try bytes(folder.file("added/cells.csv"))
    try run(["score", folder.file("added").path, "--selective"])
    #expect(try bytes(folder.file("added/cells.csv")) == before)
    let table = try run(["table", folder.file("added").path, "--metric", "risk_at_80"])
    #expect(table.output.contains(#"risk\_at\_80"#))
    try run(["score", folder.file("added").path, "--only", "--selective"])
    let fewer = try CSVTable(contentsOf: folder.file("added/cells.csv"))
    #expect(fewer.header.last == "coverage_at_risk_5")
  }

  /// The share of miscalibration in the Brier score of the clean cell's first predictor, in % with one
  /// decimal.
  private static func miscalibrationShare(_ cells: URL) throws -> String {
    let table = try CSVTable(contentsOf: cells)
    let parts = try ["brier_mcb", "brier_dsc", "brier_unc"].map { name in
      let text = try #require(table.column(name)?.first)
      return try #require(Double(text))
    }
    let share = (1000 * parts[0] / (parts[0] - parts[1] + parts[2])).rounded() / 10
    return share == share.rounded() ? "\(Int(share))" : "\(share)"
  }

  @Test(arguments: [
    (["--alpha", "0.1"], "--alpha needs --conformal"),
    (["--conformal", "--alpha", "1"], "above 0 and below 1, found 1.0"),
    (["--conformal", "--alpha", "nan"], "above 0 and below 1"),
    (["--classes-named", "x"], "--classes-named needs --per-class"),
  ])
  func `misuse exits with 64`(options: [String], message: String) throws {
    let process = try MixmoProcess(
      ["score", "--logits", "z.npy", "--labels", "y.npy"] + options)
    #expect(process.status == 64 && process.errors.contains(message), "\(process.errors)")
  }
}
