import Formats
import Foundation
import TestSupport
import Testing

/// `mixmo score --cells` as a user meets it.
struct CellCommandTests {
  private static let tables = ["cells.csv", "diversity.csv", "reliability.csv", "summary.csv"]
  private static let files = tables + ["calibrations.json"]

  /// Runs a command that must succeed.
  @discardableResult
  private func run(_ arguments: [String]) throws -> MixmoProcess {
    let process = try MixmoProcess(arguments)
    try #require(process.status == 0, "\(arguments): \(process.errors)")
    return process
  }

  /// Writes some members of cells, one after the other, as one file.
  private func write(
    _ cells: [String], of predictions: URL, member: Int? = nil, to url: URL
  ) throws {
    try FolderCreation.create(url.deletingLastPathComponent())
    var (values, shape): ([Float], [Int]) = ([], [])
    for cell in cells {
      let array = try NumPyArray(contentsOf: predictions.appending(path: "\(cell).npy"))
      let (all, members, classes) = (
        try array.values(of: Float.self), array.shape[1], array.shape[2]
      )
      values += all.indices.filter { index in
        member.map { index / classes % members == $0 } ?? true
      }.map { all[$0] }
      shape = array.shape
    }
    shape[0] *= cells.count
    if member != nil { shape.remove(at: 1) }
    try NumPyArray.write(values, shape: shape, to: url)
  }

  @Test func `an evaluation's predictions give its tables, however they are split`() throws {
    let workspace = try Workspace.trained(testCount: 30)
    let settings = ["--calibration", "none,temperature", "--bootstrap", "7"]
    try run(
      workspace.evaluate(
        save: "runs", "--checkpoint", "best", "--generate", "--corruptions", "--output",
        workspace.path("whole"), "--quiet") + settings)
    let predictions = workspace.folder.file("whole/predictions")
    let names = try FileManager.default.contentsOfDirectory(atPath: predictions.path)
    let stems = names.filter { $0 != "labels.npy" }.map { String($0.dropLast(4)) }
    let corruptions = Set(stems.filter { $0 != "clean-0" }.map { String($0.dropLast(2)) })
    #expect(corruptions.count == 19)
    for member in [nil, 0, 1] {
      let folder = member.map { "member-\($0)" } ?? "stacked"
      try write(
        ["clean-0"], of: predictions, member: member,
        to: workspace.folder.file("\(folder)/clean.npy"))
      for corruption in corruptions {
        try write(
          (1...5).map { "\(corruption)-\($0)" }, of: predictions, member: member,
          to: workspace.folder.file("\(folder)/\(corruption).npy"))
      }
    }
    let forms = [
      ("single", ["whole/predictions"], []), ("of-stacked", ["stacked"], []),
      ("of-members", ["member-0", "member-1"], ["--no-deep-ensemble"]),
    ]
    for (output, folders, options) in forms {
      try run(
        ["score", "--cells"] + folders.map(workspace.path) + options + settings + [
          "--labels", predictions.appending(path: "labels.npy").path, "--name", "small",
          "--output", workspace.path(output), "--quiet",
        ])
      for file in Self.files {
        let text = String(decoding: try workspace.bytes("whole/\(file)"), as: UTF8.self)
        let expected = text.replacing("small,digits,", with: "small,predictions,")
        let found = String(decoding: try workspace.bytes("\(output)/\(file)"), as: UTF8.self)
        #expect(found == expected, "\(output): \(file)")
        #expect((expected != text) == Self.tables.contains(file))
      }
    }
  }

  /// A folder of clean predictions, of fog in one file and of a corruption of one's own; labels beside it.
  private func writeCells(
    _ folder: borrowing TemporaryFolder, _ name: String = "mine", rowCount: Int = 40
  ) throws {
    let names = ["clean", "fog", "caustic_noise-2"]
    for (index, cell) in names.enumerated() {
      let logits = RandomLogits(
        rowCount: rowCount * (cell == "fog" ? 5 : 1), seed: UInt64(index + 3))
      let url = folder.file("\(name)/\(cell).npy")
      try FolderCreation.create(url.deletingLastPathComponent())
      // Half of them in Float16, of which nothing can stay in its file.
      if index == 0 {
        try NumPyArray.write(logits.values, shape: [rowCount, 3], to: url)
        try NumPyArray.write(logits.labels, shape: [rowCount], to: folder.file("labels.npy"))
      } else {
        try NumPyArray.write(
          logits.values.map { Float16($0) }, shape: [logits.labels.count, 3], to: url)
      }
    }
  }

  private static let standard = ["--bootstrap", "5", "--calibration", "none,temperature"]

  @Test func `what is left is a run folder like any other`() throws {
    let folder = try TemporaryFolder()
    try writeCells(folder)
    func mixmo(_ arguments: String...) throws -> MixmoProcess {
      try MixmoProcess(arguments, folder: folder.url)
    }
    let score = ["score", "--cells", "mine", "--labels", "labels.npy"] + Self.standard
    let first = try MixmoProcess(score + ["--output", "run"], folder: folder.url)
    #expect(first.status == 0, "\(first.errors)")
    let note =
      "warning: not in the suite, scored as corruptions of the family other: caustic_noise\n"
    #expect(first.errors.ranges(of: note).count == 1, "\(first.errors)")

    let cells = try CSVTable(contentsOf: folder.file("run/cells.csv"))
    #expect(cells.column("run")?.first == "mine" && cells.column("dataset")?.first == "predictions")
    let names = zip(cells.column("corruption") ?? [], cells.column("severity") ?? []).map {
      "\($0)-\($1)"
    }
    #expect(names.count == 14)
    #expect(
      names.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        == ["clean-0", "fog-1", "fog-2", "fog-3", "fog-4", "fog-5", "caustic_noise-2"])
    let summary = try CSVTable(contentsOf: folder.file("run/summary.csv"))
    #expect(Set(summary.column("aggregate") ?? []).isSuperset(of: ["weather", "other", "fog"]))

    let json = try JSONSerialization.jsonObject(
      with: Data(FileContents.read(folder.file("run/run.json"), limit: 1 << 20)))
    let record = try #require(json as? [String: Any])
    let inputs = try #require(record["inputs"] as? [String: Any])
    let files = ["mine/clean.npy", "mine/fog.npy", "mine/caustic_noise-2.npy"]
    #expect(inputs["checkpoint"] as? [String] == files)
    let digests = try #require(inputs["digests"] as? [String: String])
    for file in files + ["labels.npy"] {
      #expect(digests[file] == (try Digest(ofFiles: [folder.file(file)]).description))
    }
    let cellDigests = record["cells"] as? [String: String]
    #expect(cellDigests?["fog-3"] == digests["mine/fog.npy"])

    // Without a folder nothing is written, and the numbers are the same.
    let before = try folder.names
    let bare = try MixmoProcess(score + ["--json"], folder: folder.url)
    let again = try MixmoProcess(score + ["--json", "--output", "other"], folder: folder.url)
    #expect(bare.status == 0 && bare.output == again.output, "\(bare.errors)")
    try FileManager.default.removeItem(at: folder.file("other"))
    #expect(try folder.names == before)

    #expect(try mixmo("score", "run", "--calibration", "vector").status == 0)
    #expect(try mixmo("report", "run", "--quiet").status == 0)
    let verified = try mixmo("verify", "run")
    #expect(verified.status == 0, "\(verified.output)")
    #expect(
      verified.output.contains("ok           scored predictions (mine/clean.npy, mine/fog.npy"))
    #expect(try mixmo("table", "run").output.contains("| network | temperature |"))
    try writeCells(folder, "yours")
    #expect(
      try mixmo(
        "score", "--cells", "yours", "--labels", "labels.npy", "--output", "second", "--quiet",
        "--bootstrap", "5"
      ).status == 0)
    let compared = try mixmo("compare", "run", "second", "--output", "c", "--bootstrap", "9")
    #expect(compared.status == 0 && compared.output.contains("fog"), "\(compared.errors)")

    // A file that was swapped is named.
    try NumPyArray.write(
      [Float16](repeating: 1, count: 600), shape: [200, 3], to: folder.file("mine/fog.npy"))
    let differs = try mixmo("verify", "run")
    #expect(differs.status == 1)
    #expect(differs.output.contains(/differs +scored predictions \(mine\/fog.npy\)/))
    let refused = try MixmoProcess(score + ["--output", "run"], folder: folder.url)
    #expect(
      refused.status == 1
        && refused.errors.contains(
          "run: the folder belongs to another evaluation: fog-1: expected "),
      "\(refused.errors)")
  }

  @Test func `cells that come later are added to the folder`() throws {
    let folder = try TemporaryFolder()
    try writeCells(folder)
    let fog = (folder.file("mine/fog.npy"), folder.file("fog.npy"))
    let score =
      ["score", "--cells", "mine", "--labels", "labels.npy"] + Self.standard
    func tables(_ output: String) throws -> [[UInt8]] {
      try Self.tables.map { try FileContents.read(folder.file("\(output)/\($0)"), limit: 1 << 24) }
    }
    let whole = try MixmoProcess(score + ["--output", "whole"], folder: folder.url)
    #expect(whole.status == 0, "\(whole.errors)")
    try FileManager.default.moveItem(at: fog.0, to: fog.1)
    #expect(try MixmoProcess(score + ["--output", "parts"], folder: folder.url).status == 0)
    #expect(try tables("parts") != tables("whole"))
    try FileManager.default.moveItem(at: fog.1, to: fog.0)
    let other = folder.file("mine/caustic_noise-2.npy")
    try FileManager.default.moveItem(at: other, to: folder.file("caustic_noise-2.npy"))
    let added = try MixmoProcess(score + ["--output", "parts"], folder: folder.url)
    #expect(added.status == 0, "\(added.errors)")
    #expect(try tables("parts") == tables("whole"))
    let only = try MixmoProcess(score + ["--output", "parts", "--only"], folder: folder.url)
    #expect(only.status == 0, "\(only.errors)")
    let cells = try CSVTable(contentsOf: folder.file("parts/cells.csv"))
    #expect(Set(cells.column("corruption") ?? []) == ["clean", "fog"])
  }

  @Test func `folders with other cells are merged into what one folder gives`() throws {
    let folder = try TemporaryFolder()
    try writeCells(folder)
    let validation = RandomLogits(rowCount: 30, seed: 99)
    try validation.write(folder.file("v.npy"), folder.file("vy.npy"))
    func mixmo(_ arguments: [String]) throws -> MixmoProcess {
      try MixmoProcess(arguments, folder: folder.url)
    }
    func score(_ cells: String, _ output: String, _ more: [String]) throws -> MixmoProcess {
      try mixmo(
        ["score", "--cells", cells, "--labels", "labels.npy", "--output", output] + Self.standard
          + more)
    }
    for (part, cell) in [("first", "fog"), ("second", "caustic_noise-2")] {
      try FolderCreation.create(folder.file(part))
      for name in ["clean", cell] {
        try FileManager.default.copyItem(
          at: folder.file("mine/\(name).npy"), to: folder.file("\(part)/\(name).npy"))
      }
    }
    let choices = [
      [], ["--validation-logits", "v.npy", "--validation-labels", "vy.npy"], ["--fitting", "cv"],
    ]
    for (index, more) in choices.enumerated() {
      for part in ["first", "second"] {
        #expect(try score(part, "\(part)-\(index)", more).status == 0)
      }
      let whole = try score("mine", "whole-\(index)", more + ["--name", "first"])
      let merged = try mixmo([
        "merge", "first-\(index)", "second-\(index)", "--output", "merged-\(index)",
      ])
      #expect(merged.status == 0 && merged.output == whole.output, "\(merged.errors)")
      for file in Self.files {
        let bytes = try ["whole", "merged"].map {
          try FileContents.read(folder.file("\($0)-\(index)/\(file)"), limit: 1 << 24)
        }
        #expect(bytes[0] == bytes[1], "\(file)")
      }
      let verified = try mixmo(["verify", "merged-\(index)"])
      #expect(
        verified.status == 0 && verified.output.contains("first/fog.npy"), "\(verified.output)")
    }
    let other = try mixmo(["merge", "first-0", "second-1", "--output", "no"])
    #expect(
      other.status == 1
        && other.errors.contains("second-1: the folder belongs to another evaluation"),
      "\(other.errors)")
    try NumPyArray.write(
      [Float](repeating: 1, count: 600), shape: [200, 3], to: folder.file("second/fog.npy"))
    #expect(try score("second", "third", []).status == 0)
    let same = try mixmo(["merge", "first-0", "third", "--output", "no"])
    #expect(
      same.status == 1 && same.errors.contains("evaluation: fog-1: expected"), "\(same.errors)")
    #expect(
      try mixmo(["merge", "first-0", "mine", "--output", "no"]).errors.contains(
        "/mine: expected a folder of mixmo score --cells"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("no").path))
  }

  @Test func `probabilities are merged as they were given`() throws {
    let folder = try TemporaryFolder()
    let p: [Double] = [0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.3, 0.3, 0.4, 0.1, 0.3, 0.6]
    try NumPyArray.write([0, 1, 0, 2] as [Int64], shape: [4], to: folder.file("y.npy"))
    for cell in ["fog-1", "fog-2"] {
      try FolderCreation.create(folder.file(cell))
      try NumPyArray.write(p, shape: [4, 3], to: folder.file("\(cell)/clean.npy"))
      try NumPyArray.write(p.reversed(), shape: [4, 3], to: folder.file("\(cell)/\(cell).npy"))
      let process = try MixmoProcess(
        [
          "score", "--labels", "y.npy", "--cells", cell, "--probabilities", "--output",
          "of-\(cell)",
          "--bootstrap", "3",
        ], folder: folder.url)
      #expect(process.status == 0, "\(process.errors)")
    }
    let merged = try MixmoProcess(
      ["merge", "of-fog-1", "of-fog-2", "--output", "merged"], folder: folder.url)
    #expect(merged.status == 0, "\(merged.errors)")
    for name in ["clean-0", "fog-1", "fog-2"] {
      let file = "predictions/\(name).probabilities.npy"
      let source = folder.file(name == "fog-2" ? "of-fog-2" : "of-fog-1").appending(path: file)
      #expect(
        try FileContents.read(source, limit: 1 << 12)
          == FileContents.read(folder.file("merged/\(file)"), limit: 1 << 12))
    }
  }

  @Test func `validation sets, probabilities, fittings and suites work as for one cell`() throws {
    let folder = try TemporaryFolder()
    try writeCells(folder)
    let score = ["score", "--cells", "mine", "--labels", "labels.npy", "--bootstrap", "3"]
    let validation = RandomLogits(rowCount: 30, seed: 99)
    try validation.write(folder.file("v.npy"), folder.file("vy.npy"))
    let choices = [
      ["--validation-logits", "v.npy", "--validation-labels", "vy.npy", "--calibration", "all"],
      ["--fitting", "cv", "--calibration", "temperature", "--bins", "7", "--norm", "l2"],
      ["--fitting", "mixmo-halves", "--calibration", "none,vector"],
    ]
    for (index, options) in choices.enumerated() {
      let process = try MixmoProcess(
        score + options + ["--output", "out-\(index)"], folder: folder.url)
      #expect(process.status == 0, "\(process.errors)")
      let verified = try MixmoProcess(["verify", "out-\(index)"], folder: folder.url)
      #expect(verified.status == 0, "\(verified.output)")
    }
    let based = try MixmoProcess(score + ["--baseline", "out-2", "--table"], folder: folder.url)
    #expect(based.status == 0, "\(based.errors)")
    let wrong = try MixmoProcess(score + ["--probabilities"], folder: folder.url)
    #expect(wrong.status == 1)
    #expect(
      wrong.errors.contains("mine/clean.npy: clean-0: ")
        && wrong.errors.contains("are they logits?"),
      "\(wrong.errors)")

    // A table of corruptions that has fog in another family, and one that is none.
    let suite = try String(
      contentsOf: TestPackage.url.appending(path: "corruptions/cifar.yaml"), encoding: .utf8)
    let other = suite.replacing("  fog:\n    family: weather", with: "  fog:\n    family: digital")
    try #require(other != suite)
    try AtomicFile.write(other, to: folder.file("other.yaml"))
    try AtomicFile.write(
      suite.replacing("  fog:\n", with: "  frog:\n"), to: folder.file("bad.yaml"))
    let moved = try MixmoProcess(
      score + ["--suite", "other.yaml", "--output", "moved"], folder: folder.url)
    #expect(moved.status == 0, "\(moved.errors)")
    let summary = try CSVTable(contentsOf: folder.file("moved/summary.csv"))
    let aggregates = Set(summary.column("aggregate") ?? [])
    #expect(aggregates.contains("digital") && !aggregates.contains("weather"))
    let bad = try MixmoProcess(score + ["--suite", "bad.yaml"], folder: folder.url)
    #expect(bad.status == 1 && bad.errors.contains("bad.yaml"), "\(bad.errors)")
  }

  @Test func `probabilities that a run folder holds are scored as they were given`() throws {
    let folder = try TemporaryFolder()
    let p: [Double] = [0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.3, 0.3, 0.4, 0.1, 0.3, 0.6]
    try FolderCreation.create(folder.file("mine"))
    try NumPyArray.write(p, shape: [4, 3], to: folder.file("mine/clean.npy"))
    try NumPyArray.write(p.reversed(), shape: [4, 3], to: folder.file("mine/fog-1.npy"))
    try NumPyArray.write([0, 1, 0, 2] as [Int64], shape: [4], to: folder.file("y.npy"))
    let score = ["score", "--labels", "y.npy", "--bootstrap", "3", "--name", "x"]
    let first = try MixmoProcess(
      score + ["--cells", "mine", "--probabilities", "--output", "one"], folder: folder.url)
    #expect(first.errors.contains("they are scored as given"), "\(first.errors)")
    let second = try MixmoProcess(
      score + ["--cells", "one/predictions", "--output", "two"], folder: folder.url)
    #expect(second.errors.contains("beside their logits: clean-0, fog-1"), "\(second.errors)")
    for table in Self.tables {
      let bytes = try ["one", "two"].map {
        try FileContents.read(folder.file("\($0)/\(table)"), limit: 1 << 20)
      }
      #expect(bytes[0] == bytes[1], "\(table)")
    }
  }

  @Test func `several cells given to --logits are not scored`() throws {
    let folder = try TemporaryFolder()
    try writeCells(folder)
    let labels = try NumPyArray(contentsOf: folder.file("labels.npy")).values(of: Int64.self)
    try NumPyArray.write(
      Array(repeating: labels, count: 5).flatMap(\.self), shape: [200],
      to: folder.file("blocks.npy"))
    for member in [1, 2] {
      try FileManager.default.copyItem(
        at: folder.file("mine/clean.npy"), to: folder.file("net-\(member).npy"))
    }
    func score(_ logits: [String], _ labels: String = "labels.npy") throws -> MixmoProcess {
      try MixmoProcess(
        ["score", "--labels", labels, "--bootstrap", "0", "--logits"] + logits, folder: folder.url)
    }
    let cases: [(logits: [String], labels: String, status: Int32, message: String)] = [
      (
        ["mine/clean.npy", "mine/fog.npy"], "labels.npy", 64,
        "--logits: expected files of one cell, one for each member, found those of clean-0, fog; --cells "
          + "takes the folder of such files."
      ),
      (
        ["fog-1.npy", "fog-2.npy", "fog-3.npy"], "labels.npy", 64,
        "found those of fog-1, fog-2, fog-3;"
      ),
      (
        ["mine"], "labels.npy", 64,
        "--logits: expected files of one cell, found the folder mine; --cells"
      ),
      (
        ["mine/fog.npy"], "labels.npy", 1,
        "mine/fog.npy: expected 40 rows, one for each label, found 200, 5 times as many: severities one "
          + "after the other? Give the folder of such files with --cells"
      ),
      (
        ["mine/fog.npy"], "blocks.npy", 1,
        "mine/fog.npy: expected the predictions of one cell, found 200 rows with labels of five equal blocks, "
          + "as five severities of fog have; give the folder of this file with --cells"
      ),
    ]
    for (logits, labels, status, message) in cases {
      let process = try score(logits, labels)
      #expect(process.status == status && process.output.isEmpty)
      #expect(process.errors.contains(message), "\(process.errors)")
    }
    // Names of members, one cell of several models, and one cell alone are what they were.
    #expect(try score(["net-1.npy", "net-2.npy"]).status == 0)
    #expect(try score(["mine/clean.npy", "mine/../mine/clean.npy"]).status == 0)
    try FileManager.default.copyItem(at: folder.file("net-1.npy"), to: folder.file("fog-3.npy"))
    let alone = try score(["fog-3.npy"])
    #expect(
      alone.status == 0
        && alone.errors.contains("fog-3, as the file is named, is scored as the clean images"),
      "\(alone.errors)")
  }

  @Test(arguments: [
    (
      ["score", "--cells", "a", "--logits", "b.npy", "--labels", "y.npy"],
      "--logits takes one cell, --cells a folder of cells; give one of the two."
    ),
    (["score", "--cells", "a"], "Give --logits and --labels, or the folder of a run"),
    (
      ["score", "--logits", "b.npy", "--labels", "y.npy", "--suite", "s.yaml"],
      "--suite names the corruptions of --cells; give them, or leave it out."
    ),
    (["score", "run", "--cells", "a"], "--cells is not for the folder of a run"),
  ])
  func `misuse exits with 64`(arguments: [String], message: String) throws {
    let process = try MixmoProcess(arguments)
    #expect(process.status == 64 && process.errors.contains(message), "\(process.errors)")
  }
}
