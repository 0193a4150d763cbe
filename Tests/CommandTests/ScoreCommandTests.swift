import Formats
import Foundation
import TestSupport
import Testing

/// `mixmo score` as a user meets it.
struct ScoreCommandTests {
  /// 40 rows by two members over three classes.
  private func write(_ folder: borrowing TemporaryFolder) throws {
    let logits = RandomLogits(rowCount: 40, memberCount: 2, seed: 5)
    try logits.write(folder.file("both.npy"), folder.file("labels.npy"))
    for member in 0..<2 { try logits.write(member: member, to: folder.file("\(member).npy")) }
  }

  @Test func `one file of two members scores as two files of one`() throws {
    let folder = try TemporaryFolder()
    try write(folder)
    let path = { (name: String) in folder.file(name).path }
    for (output, files, more) in [
      ("one", ["both.npy"], ["--deep-ensemble"]), ("two", ["0.npy", "1.npy"], []),
    ] {
      let process = try MixmoProcess(
        ["score", "--logits"] + files.map(path) + ["--labels", path("labels.npy")] + more
          + ["--calibration", "all", "--name", "x", "--output", path(output), "--table"])
      #expect(process.status == 0, "\(process.errors)")
      #expect(process.output.contains("ensemble-probs  temperature-after"))
      #expect(process.output.contains("of clean images are right"))
    }
    for name in ["cells.csv", "diversity.csv", "reliability.csv", "summary.csv", "findings.json"] {
      let texts = try ["one", "two"].map {
        try FileContents.read(folder.file("\($0)/\(name)"), limit: 1 << 20)
      }
      #expect(texts[0] == texts[1], "\(name)")
    }
    let cells = try CSVTable(contentsOf: folder.file("one/cells.csv"))
    // Predictors of sixteen calibrations: all five for fourteen of them, two and one for the others.
    #expect(cells.rows.count == 14 * 5 + 2 + 1)
  }

  @Test func `a network of one member scores under every calibration`() throws {
    let folder = try TemporaryFolder()
    try write(folder)
    let process = try MixmoProcess([
      "score", "--logits", folder.file("0.npy").path, "--labels", folder.file("labels.npy").path,
      "--calibration", "all", "--output", folder.file("one").path,
    ])
    #expect(process.status == 0, "\(process.errors)")
    let cells = try CSVTable(contentsOf: folder.file("one/cells.csv"))
    // One member has no temperatures of members, and no averaged probabilities.
    let predictors = Set((cells.column("predictor") ?? []))
    #expect(predictors == ["network"])
    #expect(Set(cells.column("calibration") ?? []).count == 14)
  }

  @Test func `a validation set, cross-validation and probabilities`() throws {
    let folder = try TemporaryFolder()
    try write(folder)
    let (logits, labels) = (folder.file("both.npy").path, folder.file("labels.npy").path)
    let common = ["score", "--logits", logits, "--labels", labels, "--temperature-scaling"]
    let fitted = try MixmoProcess(
      common + ["--validation-logits", logits, "--validation-labels", labels, "--json"])
    #expect(fitted.status == 0 && fitted.output.contains("\"calibration\":\"temperature\""))
    #expect(try MixmoProcess(common + ["--fitting", "cv"]).status == 0)
    let wrong = try MixmoProcess(common + ["--probabilities"])
    #expect(wrong.status == 1)
    #expect(wrong.errors.contains("both.npy: ") && wrong.errors.contains("are they logits?"))
  }

  @Test(arguments: [
    (["score", "--labels", "y.npy"], "Give --logits and --labels, or the folder of a run"),
    (["score", "--logits", "a.npy", "--labels", "y.npy", "--bootstrap", "-1"], "bootstrap"),
    (
      ["score", "--logits", "a.npy", "--labels", "y.npy", "--calibration", "vectr"],
      "did you mean \"vector\"?"
    ),
    (
      ["score", "--logits", "a.npy", "--labels", "y.npy", "--validation-labels", "v.npy"],
      "--validation-logits and --validation-labels go together"
    ),
  ])
  func `misuse exits with 64`(arguments: [String], message: String) throws {
    let process = try MixmoProcess(arguments)
    #expect(process.status == 64 && process.errors.contains(message), "\(process.errors)")
  }

  @Test func `a folder of other scores is refused`() throws {
    let folder = try TemporaryFolder()
    try write(folder)
    let labels = ["--labels", folder.file("labels.npy").path, "--output", folder.file("o").path]
    let first = ["score", "--logits", folder.file("0.npy").path, "--name", "x"] + labels
    #expect(try MixmoProcess(first).status == 0)
    let other = try MixmoProcess(
      ["score", "--logits", folder.file("1.npy").path, "--name", "x"] + labels)
    #expect(other.status == 1)
    #expect(other.errors.contains("belongs to another evaluation: checkpoint"))
  }

  @Test func `probabilities are scored, stored and compared as they were given`() throws {
    let folder = try TemporaryFolder()
    let path = { (name: String) in folder.file(name).path }
    // Two confidences in one bin, at its edge: |0.5 − 0.585|.
    try NumPyArray.write([0.6, 0.4, 0.57, 0.43], shape: [2, 2], to: folder.file("p.npy"))
    // The label has the probability 0 in one of two rows.
    try NumPyArray.write([1, 0, 0.5, 0.5], shape: [2, 2], to: folder.file("q.npy"))
    try NumPyArray.write([0, 1] as [Int64], shape: [2], to: folder.file("y.npy"))
    try NumPyArray.write([1, 1] as [Int64], shape: [2], to: folder.file("y1.npy"))
    func score(_ predictions: [String], _ labels: String, _ output: String) throws -> MixmoProcess {
      try MixmoProcess(
        ["score", "--probabilities", "--logits"] + predictions.map(path)
          + ["--labels", path(labels), "--output", path(output)])
    }
    let first = try score(["p.npy"], "y.npy", "first")
    #expect(
      first.status == 0 && first.errors.contains("they are scored as given"), "\(first.errors)")
    #expect(try score(["q.npy", "p.npy"], "y.npy", "second").errors.contains("geometric mean"))
    let compared = try MixmoProcess([
      "compare", path("first"), path("second"), "--bootstrap", "9", "--output", path("compared"),
    ])
    #expect(compared.status == 0, "\(compared.errors)")
    let table = try CSVTable(contentsOf: folder.file("compared/comparison.csv"))
    let metrics = try #require(table.column("metric"))
    let error = try #require(metrics.firstIndex(of: "ece"))
    let reference = try #require(table.column("reference_value"))
    // Two roundings of numbers below 2.
    expectClose(Double(reference[error]) ?? .nan, 0.085, absolute: 4e-16)

    let infinite = try score(["q.npy"], "y1.npy", "infinite")
    #expect(infinite.errors.contains("the label has the probability 0 in 1 of 2 (network) rows"))
    let cells = try CSVTable(contentsOf: folder.file("infinite/cells.csv"))
    #expect(cells.column("nll") == [""] && cells.column("ece") != [""])
  }

  @Test func `predictions that are too few to fit on are named`() throws {
    let folder = try TemporaryFolder()
    let (logits, labels) = (folder.file("one.npy"), folder.file("labels.npy"))
    try RandomLogits(rowCount: 1, seed: 1).write(logits, labels)
    let process = try MixmoProcess(
      "score", "--logits", logits.path, "--labels", labels.path, "--temperature-scaling")
    #expect(process.status == 1)
    #expect(
      process.errors.contains("\(logits.path): two halves need at least 2 rows, not 1"),
      "\(process.errors)")
  }
}
