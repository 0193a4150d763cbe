import Formats
import Foundation
import TestSupport
import Testing

/// `mixmo score` and the files that people have.
struct ScoreFilesTests {
  /// Scores without intervals; the fields of the first row of `cells.csv`, or the error.
  private func score(
    _ folder: borrowing TemporaryFolder, _ logits: String, _ labels: String, _ more: [String] = []
  ) throws -> (process: MixmoProcess, cells: [String: Double]) {
    let output = folder.file("output-\(UUID().uuidString)")
    let process = try MixmoProcess(
      [
        "score", "--logits", folder.file(logits).path, "--labels", folder.file(labels).path,
        "--bootstrap", "0", "--threads", "1", "--quiet", "--output", output.path,
      ] + more)
    guard process.status == 0 else { return (process, [:]) }
    let table = try CSVTable(contentsOf: output.appending(path: "cells.csv"))
    let numbers = zip(table.header, table.rows[0]).compactMap { name, field in
      Double(field).map { (name, $0) }
    }
    return (process, Dictionary(uniqueKeysWithValues: numbers))
  }

  private func write(
    _ folder: borrowing TemporaryFolder, _ name: String, _ text: String
  ) throws {
    _ = try folder.file(name, holding: Array(text.utf8))
  }

  @Test func `a data frame with row numbers is scored without them`() throws {
    let folder = try TemporaryFolder()
    try write(
      folder, "z.csv",
      ",cat,dog,ship\n0,2.0,0.5,0.1\n1,0.3,1.5,0.2\n2,0.1,0.4,1.8\n3,1.2,0.6,0.5\n")
    try write(folder, "y.csv", "id,label\n0,0\n1,1\n2,2\n3,0\n")
    let refused = try score(folder, "z.csv", "y.csv")
    #expect(refused.process.status == 1)
    #expect(refused.process.errors.contains("--drop-column 0"), "\(refused.process.errors)")
    let scored = try score(folder, "z.csv", "y.csv", ["--drop-column", "0"])
    #expect(scored.cells["samples"] == 4 && scored.cells["accuracy"] == 1)
    // The mean of log Σ exp(z) − z of the label, by NumPy.
    expectClose([scored.cells["nll"] ?? .nan], [0.46074695223821616], absolute: 1e-15)
    let wrong = try score(folder, "z.csv", "y.csv", ["--drop-column", "0", "--drop-column", "idd"])
    #expect(wrong.process.status == 1 && wrong.process.errors.contains("--drop-column idd"))
  }

  @Test func `numbered columns are names, and what was decided stays in the record`() throws {
    let folder = try TemporaryFolder()
    try write(folder, "z.csv", "0,1,2\n2.0,0.5,0.1\n0.3,1.5,0.2\n0.1,0.4,1.8\n")
    try write(folder, "y.csv", "0\n0\n1\n2\n")
    let output = folder.file("out")
    let process = try MixmoProcess(
      "score", "--logits", folder.file("z.csv").path, "--labels", folder.file("y.csv").path,
      "--bootstrap", "0", "--output", output.path, "--json")
    #expect(process.status == 0, "\(process.errors)")
    for line in ["z.csv: the first line, 0, 1, 2, is", "y.csv: the first line, 0, is"] {
      #expect(process.errors.contains("\(line) taken for names of columns"), "\(process.errors)")
    }
    let record = String(
      decoding: try FileContents.read(output.appending(path: "run.json"), limit: 1 << 16),
      as: UTF8.self)
    #expect(record.contains("--no-header says that it is a row"))
    let cells = try CSVTable(contentsOf: output.appending(path: "cells.csv"))
    #expect(cells.column("accuracy")?.first == "1.0" && cells.column("samples")?.first == "3")
  }

  @Test func `probabilities are recognized by the name of their array, or named`() throws {
    let folder = try TemporaryFolder()
    let (p, y): ([Double], [Int64]) = ([0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.3, 0.3, 0.4], [0, 1, 0])
    let arrays = ["probabilities", "labels", "logits"]
    try NumPyArray.write(p, shape: [3, 3], to: folder.file("probabilities.npy"))
    try NumPyArray.write(y, shape: [3], to: folder.file("labels.npy"))
    try NumPyArray.write(p.map { log($0) + 1 }, shape: [3, 3], to: folder.file("logits.npy"))
    for (name, count) in [("a.npz", 2), ("b.npz", 3)] {
      let members = try arrays.prefix(count).map { array in
        (
          name: "\(array).npy",
          bytes: try FileContents.read(folder.file("\(array).npy"), limit: 1 << 16)
        )
      }
      try ZipArchive.write(members, to: folder.file(name))
    }
    // −mean log p of the labels.
    let expected = [-log(0.7 * 0.8 * 0.3) / 3]
    let named = try score(folder, "a.npz", "a.npz")
    expectClose([named.cells["nll"] ?? .nan], expected, absolute: 1e-15)
    #expect(named.process.errors.contains("the array probabilities is taken for probabilities"))
    let asked = try score(folder, "b.npz", "b.npz", ["--probabilities"])
    expectClose([asked.cells["nll"] ?? .nan], expected, absolute: 1e-15)
    let chosen = try score(
      folder, "b.npz", "b.npz", ["--array", "logits", "--label-array", "labels"])
    // Float64 logits are log p + 1: rounding of the sum.
    expectClose([chosen.cells["nll"] ?? .nan], expected, absolute: 1e-14)
    let doubtful = try score(folder, "probabilities.npy", "labels.npy")
    #expect(doubtful.process.status == 0)
    #expect(doubtful.process.errors.contains("are they probabilities? --probabilities"))
    let settled = try score(folder, "probabilities.npy", "labels.npy", ["--no-probabilities"])
    #expect(!settled.process.errors.contains("--probabilities"))
    #expect(settled.cells["nll"] == doubtful.cells["nll"])
    let missing = try score(folder, "b.npz", "b.npz", ["--array", "probs"])
    #expect(missing.process.errors.contains("expected one of probabilities, labels, logits"))
    let none = try score(folder, "logits.npy", "labels.npy", ["--array", "logits"])
    #expect(none.process.status == 1 && none.process.errors.contains("--array is for .npz files"))
  }

  @Test func `one output of a binary classifier`() throws {
    let folder = try TemporaryFolder()
    try NumPyArray.write([0.9, 0.2, 0.7] as [Double], shape: [3], to: folder.file("p.npy"))
    try NumPyArray.write([2.2, -1.4, 0.85] as [Float], shape: [3, 1], to: folder.file("z.npy"))
    try NumPyArray.write([1, 0, 0] as [Int64], shape: [3], to: folder.file("y.npy"))
    try NumPyArray.write([0, 0, 0] as [Int64], shape: [3], to: folder.file("zeros.npy"))
    for labels in ["y.npy", "zeros.npy"] {
      let refused = try score(folder, "z.npy", labels)
      #expect(refused.process.status == 1 && refused.process.errors.contains("--binary"))
    }
    let probabilities = try score(folder, "p.npy", "y.npy", ["--binary", "--probabilities"])
    expectClose([probabilities.cells["accuracy"] ?? .nan], [2 / 3], absolute: 1e-15)
    expectClose(
      [probabilities.cells["nll"] ?? .nan], [-log(0.9 * 0.8 * 0.3) / 3],
      absolute: 1e-15)
    let logits = try score(folder, "z.npy", "y.npy", ["--binary"])
    // log(1 + exp(−z)) of the labels' logits: z for class 1, −z for class 0.
    let margins: [Double] = [2.2, 1.4, -0.85]
    let sum = margins.reduce(0) { $0 + log1p(exp(-$1)) }
    // The logits are rounded to Float32: 2⁻²⁴ of 2.2 each.
    expectClose([logits.cells["nll"] ?? .nan], [sum / 3], absolute: 2e-7)
  }

  @Test func `labels of the probability 0 that leave nothing to fit on are named, and recorded`()
    throws
  {
    let folder = try TemporaryFolder()
    let p: [Double] = [0.75, 0.25, 0, 0.5, 0, 0.5, 0, 0.25, 0.75]
    try NumPyArray.write(p, shape: [3, 3], to: folder.file("p.npy"))
    try NumPyArray.write([0, 2, 1] as [Int64], shape: [3], to: folder.file("y.npy"))
    try NumPyArray.write([2, 1, 0] as [Int64], shape: [3], to: folder.file("none.npy"))
    try NumPyArray.write([2, 0, 1] as [Int64], shape: [3], to: folder.file("some.npy"))
    for (labels, message) in [
      ("none.npy", "the label has the probability 0 in every row (network): nothing is left"),
      ("some.npy", "the label has the probability 0 in 1 of 3 (network) rows, which temperature"),
    ] {
      let output = folder.file(labels + ".out")
      let process = try MixmoProcess([
        "score", "--logits", folder.file("p.npy").path, "--labels", folder.file("y.npy").path,
        "--validation-logits", folder.file("p.npy").path, "--validation-labels",
        folder.file(labels).path, "--probabilities", "--temperature-scaling", "--bootstrap", "0",
        "--output", output.path,
      ])
      #expect(process.status == 0 && process.errors.contains(message), "\(process.errors)")
      let record = String(
        decoding: try FileContents.read(output.appending(path: "run.json"), limit: 1 << 16),
        as: UTF8.self)
      #expect(record.contains(message))
    }
  }

  @Test(arguments: [
    "# logits of 3 classes\n2.0 0.5 0.1\n0.3 1.5 0.2\n0.1 0.4 1.8\n",
    "\u{FEFF}class 0,class 1,class 2\r\n2.0,0.5,0.1\r\n0.3,1.5,0.2\r\n0.1,0.4,1.8\r\n",
    "\"2.0\",\"0.5\",\"0.1\"\r\"0.3\",\"1.5\",\"0.2\"\r\"0.1\",\"0.4\",\"1.8\"\r",
    "2.0\t0.5\t0.1\n0.3\t1.5\t0.2\n0.1\t0.4\t1.8\n",
  ])
  func `plain tables of every dialect`(text: String) throws {
    let folder = try TemporaryFolder()
    try write(folder, "z.tsv", text)
    try write(folder, "y.csv", "\u{FEFF}0\r\n1\r\n2\r\n")
    let scored = try score(folder, "z.tsv", "y.csv")
    #expect(
      scored.cells["accuracy"] == 1 && scored.cells["samples"] == 3, "\(scored.process.errors)")
    #expect(!scored.process.errors.contains("z.tsv") && !scored.process.errors.contains("y.csv"))
  }
}
