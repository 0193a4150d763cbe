import Datasets
import Formats
import Foundation
import Images
import TestSupport
import Testing

/// `--ood` as a user meets it.
struct OutOfDistributionTests {
  @discardableResult
  private func run(_ arguments: [String], status: Int32 = 0) throws -> MixmoProcess {
    let process = try MixmoProcess(arguments)
    try #require(process.status == status, "\(arguments): \(process.errors)")
    return process
  }

  /// Writes predictions of two members, and of images of no class in two forms.
  private func write(_ folder: borrowing TemporaryFolder) throws {
    let clean = RandomLogits(rowCount: 60, memberCount: 2, seed: 5)
    let other = RandomLogits(rowCount: 40, memberCount: 2, seed: 6, strength: 0)
    try clean.write(folder.file("z.npy"), folder.file("y.npy"))
    try other.write(folder.file("svhn.npy"), folder.file("none.npy"))
    for member in 0..<2 {
      try clean.write(member: member, to: folder.file("z\(member).npy"))
      try other.write(member: member, to: folder.file("svhn\(member).npy"))
    }
  }

  private func score(_ folder: borrowing TemporaryFolder, _ output: String) -> [String] {
    [
      "score", "--logits", folder.file("z.npy").path, "--labels", folder.file("y.npy").path,
      "--name", "x", "--bootstrap", "20", "--output", folder.file(output).path,
    ]
  }

  private func bytes(_ url: URL) throws -> [UInt8] { try FileContents.read(url, limit: 1 << 26) }

  @Test func `a table is added, and the others stay what they are`() throws {
    let folder = try TemporaryFolder()
    try write(folder)
    try run(score(folder, "plain"))
    let ood = ["--ood", "svhn=\(folder.file("svhn.npy").path)"]
    try run(score(folder, "added") + ood)
    for name in ["cells.csv", "diversity.csv", "reliability.csv"] {
      #expect(
        try bytes(folder.file("plain/\(name)")) == bytes(folder.file("added/\(name)")), "\(name)")
    }
    let table = try CSVTable(contentsOf: folder.file("added/ood.csv"))
    // 6 scores of ensemble, 5 of ensemble-probs, 4 of each of two members.
    #expect(table.rows.count == 19)
    #expect(
      table.header.prefix(9) == [
        "run", "dataset", "ood", "shift", "predictor", "calibration", "score", "samples",
        "ood_samples",
      ])
    #expect(Set(table.column("shift") ?? []) == ["clean"])
    #expect(Set(table.column("ood_samples") ?? []) == ["40"])
    let intervals = zip(table.column("auroc_low") ?? [], table.column("auroc_high") ?? [])
    #expect(intervals.allSatisfy { (Double($0) ?? 2) < (Double($1) ?? -1) })
    let printed = try run([
      "table", folder.file("added").path, "--metric", "ood_auroc_energy_svhn", "--over", "clean",
    ])
    #expect(printed.output.contains(#"ood\_auroc\_energy\_svhn"#), "\(printed.output)")
    let verified = try run(["verify", folder.file("added").path])
    for line in ["ok           ood.csv", "ok           predictions/ood-svhn/clean-0.npy"] {
      #expect(verified.output.contains(line), "\(verified.output)")
    }
  }

  @Test func `sets are added to a folder, stay there, and are taken out of its tables`() throws {
    let folder = try TemporaryFolder()
    try write(folder)
    let (svhn, again) = (folder.file("svhn.npy").path, folder.file("added").path)
    try run(score(folder, "whole") + ["--ood", "svhn=\(svhn)", "b=\(svhn)"])
    try run(score(folder, "added"))
    try run(["score", again, "--ood", "svhn=\(svhn)"])
    let first = try bytes(folder.file("added/ood.csv"))
    try run(["score", again])
    #expect(try bytes(folder.file("added/ood.csv")) == first)
    try run(["score", again, "--ood", "b=\(svhn)"])
    for name in ["ood.csv", "summary.csv"] {
      #expect(
        try bytes(folder.file("added/\(name)")) == bytes(folder.file("whole/\(name)")), "\(name)")
    }
    // The set of another file under the name of one that is there.
    let other = try run(
      ["score", again, "--ood", "b=\(folder.file("z.npy").path)"], status: 1)
    #expect(other.errors.contains("images of no class, b"), "\(other.errors)")
    try run(["score", again, "--only"])
    #expect(!FileManager.default.fileExists(atPath: folder.file("added/ood.csv").path))
    #expect(FileManager.default.fileExists(atPath: folder.file("added/predictions/ood-b").path))
  }

  @Test func `the files of members are those of one file, and cells are shifts`() throws {
    let folder = try TemporaryFolder()
    try write(folder)
    try run(score(folder, "one") + ["--ood", "svhn=\(folder.file("svhn.npy").path)"])
    let members = (0..<2).map { folder.file("z\($0).npy").path }
    let others = (0..<2).map { folder.file("svhn\($0).npy").path }.joined(separator: ",")
    try run(
      ["score", "--logits"] + members
        + [
          "--labels", folder.file("y.npy").path, "--name", "x", "--no-deep-ensemble",
          "--bootstrap", "20", "--output", folder.file("two").path, "--ood", "svhn=\(others)",
        ])
    #expect(try bytes(folder.file("one/ood.csv")) == bytes(folder.file("two/ood.csv")))

    try FolderCreation.create(folder.file("c"))
    for (name, seed) in [("clean", 5), ("fog-3", 7)] {
      try RandomLogits(rowCount: 60, memberCount: 2, seed: UInt64(seed))
        .write(folder.file("c/\(name).npy"), folder.file("y.npy"))
    }
    try run([
      "score", "--cells", folder.file("c").path, "--labels", folder.file("y.npy").path,
      "--bootstrap", "20", "--calibration", "all", "--output", folder.file("cells").path, "--ood",
      "svhn=\(folder.file("svhn.npy").path)",
    ])
    let table = try CSVTable(contentsOf: folder.file("cells/ood.csv"))
    #expect(Set(table.column("shift") ?? []) == ["clean", "fog-3"])
    #expect(Set(table.column("calibration") ?? []).count > 10)
    try run([
      "merge", folder.file("cells").path, "--output", folder.file("merged").path,
    ])
    #expect(try bytes(folder.file("merged/ood.csv")) == bytes(folder.file("cells/ood.csv")))
  }

  @Test func `probabilities are read as those that they are told from`() throws {
    let folder = try TemporaryFolder()
    let rows: [Float] = [0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.3, 0.3, 0.4, 1, 0, 0]
    for name in ["p", "q"] {
      try NumPyArray.write(rows, shape: [4, 3], to: folder.file("\(name).npy"))
    }
    try NumPyArray.write([0, 1, 2, 0] as [Int64], shape: [4], to: folder.file("y.npy"))
    try run([
      "score", "--logits", folder.file("p.npy").path, "--labels", folder.file("y.npy").path,
      "--probabilities", "--output", folder.file("r").path, "--ood",
      "q=\(folder.file("q.npy").path)",
    ])
    let table = try CSVTable(contentsOf: folder.file("r/ood.csv"))
    #expect(table.column("score") == ["msp", "max_logit", "entropy"])
    #expect(Set(table.column("auroc") ?? []) == ["0.5"])
    let before = try bytes(folder.file("r/ood.csv"))
    try run(["score", folder.file("r").path, "--ood", "q=\(folder.file("q.npy").path)"])
    #expect(try bytes(folder.file("r/ood.csv")) == before)
  }

  @Test func `what cannot be told apart is refused with its place`() throws {
    let folder = try TemporaryFolder()
    try write(folder)
    try NumPyArray.write([Float](repeating: 0, count: 8), shape: [2, 4], to: folder.file("k.npy"))
    try NumPyArray.write(
      [Float](repeating: 0, count: 18), shape: [2, 3, 3], to: folder.file("m.npy"))
    try NumPyArray.write(
      [Float](repeating: .infinity, count: 12), shape: [2, 2, 3], to: folder.file("i.npy"))
    func path(_ name: String) -> String { folder.file(name).path }
    let cases: [(ood: [String], status: Int32, message: String)] = [
      (["a=\(path("k.npy"))"], 1, "found logits of 1 member over 4 classes"),
      (["a=\(path("m.npy"))"], 1, "expected logits of 2 members over 3 classes"),
      (["a=\(path("i.npy"))"], 1, "i.npy"),
      (["a=\(path("missing.npy"))"], 1, "missing.npy"),
      (["a=\(path("svhn.npy"))", "a=\(path("svhn.npy"))"], 64, "used twice"),
      (["a/b=\(path("svhn.npy"))"], 64, "found \"a/b\""),
      (["svhn"], 64, "expected name=file"), (["svhn="], 64, "expected a file or folder"),
    ]
    for (ood, status, message) in cases {
      let process = try run(score(folder, "out") + ["--ood"] + ood, status: status)
      #expect(process.errors.contains(message), "\(process.errors)")
      #expect(!FileManager.default.fileExists(atPath: path("out")), "\(ood)")
    }
  }

  // MARK: Models

  /// A trained network, with other images below its data and pictures of another size.
  private func workspace() throws -> Workspace {
    let workspace = try Workspace.trained()
    try Digits.writeFirst(train: 10, test: 20, as: .cifar10, below: workspace.folder.file("data"))
    try FolderCreation.create(workspace.folder.file("pictures"))
    for index in 0..<7 {
      let pixels = (0..<40 * 50 * 3).map { UInt8(truncatingIfNeeded: $0 * (index + 3)) }
      let image = Image(height: 40, width: 50, pixels: pixels)
      try AtomicFile.write(
        Data(image.png(file: "picture")), to: workspace.folder.file("pictures/\(index).png"))
    }
    return workspace
  }

  private static let asked = ["cells", "diversity", "reliability", "summary", "ood"]

  @Test func `a network is told other data sets and pictures, whole or in shards`() throws {
    let workspace = try workspace()
    let ood = ["--ood", "cifar10", "textures=\(workspace.path("pictures"))"]
    func evaluate(_ output: String, _ more: [String]) throws {
      try run(
        workspace.evaluate(
          save: "runs", "--checkpoint", "best", "--generate", "--corruption", "contrast",
          "--severity", "1", "--severity", "2", "--quiet", "--bootstrap", "20", "--output",
          workspace.path(output)) + more)
    }
    try evaluate("whole", ood)
    let table = try CSVTable(contentsOf: workspace.folder.file("whole/ood.csv"))
    #expect(Set(table.column("ood") ?? []) == ["cifar10", "textures"])
    #expect(Set(table.column("shift") ?? []) == ["clean", "contrast-1", "contrast-2"])
    #expect(Set(table.column("ood_samples") ?? []) == ["20", "7"])
    for shard in 1...2 { try evaluate("\(shard)", ood + ["--shard", "\(shard)/2"]) }
    try run([
      "merge", workspace.path("1"), workspace.path("2"), "--output", workspace.path("merged"),
      "--quiet",
    ])
    let (whole, merged) = (try workspace.files("whole"), try workspace.files("merged"))
    #expect(whole["predictions/ood-textures/clean-0.npy"] != nil)
    for (name, bytes) in whole where name != "run.json" {
      #expect(merged[name] == bytes, "\(name)")
    }
    // What is added later is what comes at once.
    try evaluate("later", [])
    try evaluate("later", Array(ood.prefix(2)))
    try evaluate("later", ["--ood", ood[2]])
    let later = try workspace.files("later")
    for name in Self.asked { #expect(later["\(name).csv"] == whole["\(name).csv"], "\(name)") }
    let verified = try run(["verify", workspace.path("whole")])
    #expect(verified.output.contains("ok           ood.csv"), "\(verified.output)")
    try run(["report", workspace.path("whole"), "--quiet"])
    let page = String(decoding: try workspace.bytes("whole/report.html"), as: UTF8.self)
    for part in [
      "<section id=\"out-of-distribution\">", "tables/out-of-distribution.csv",
      "figures/out-of-distribution.csv", "A clean image is more confident than one of cifar10",
    ] {
      #expect(page.contains(part), "\(part)")
    }
  }

  @Test func `a program is told other images`() throws {
    let workspace = try workspace()
    let evaluate = [
      "evaluate", "--model", TestProgram.command("well"), "--dataset", "digits", "--data",
      workspace.data, "--batch", "5", "--bootstrap", "20", "--quiet", "--output",
      workspace.path("run"), "--ood", "textures=\(workspace.path("pictures"))",
    ]
    try run(evaluate)
    let before = try workspace.bytes("run/ood.csv")
    #expect(try CSVTable(contentsOf: workspace.folder.file("run/ood.csv")).rows.count == 4)
    try run(evaluate)
    #expect(try workspace.bytes("run/ood.csv") == before)
    // The same predictions as files.
    let scored = try run([
      "score", "--cells", workspace.path("run/predictions"), "--labels",
      workspace.path("run/predictions/labels.npy"), "--bootstrap", "20", "--name", "program",
      "--all-columns", "--quiet", "--output", workspace.path("scored"), "--ood",
      "textures=\(workspace.path("run/predictions/ood-textures/clean-0.npy"))",
    ])
    #expect(scored.status == 0)
    let texts = try ["run", "scored"].map {
      String(decoding: try workspace.bytes("\($0)/ood.csv"), as: UTF8.self)
        .replacing(",digits,", with: ",predictions,")
    }
    #expect(texts[0] == texts[1])
  }

  @Test(arguments: [
    (["imagenet-o"], "expected the name of a data set"), (["digits"], "these are the images"),
    (["tinyimagenet200"], "tinyimagenet200: no data found"), (["a=/nowhere"], "/nowhere"),
    (["a=b", "a=c"], "used twice"),
  ])
  func `images that cannot be told are refused`(ood: [String], message: String) throws {
    let workspace = try Workspace(epochs: 1)
    let process = try MixmoProcess(
      [
        "evaluate", "--model", TestProgram.command("well"), "--dataset", "digits", "--data",
        workspace.data, "--output", workspace.path("run"), "--ood",
      ] + ood)
    #expect(process.status != 0 && process.errors.contains(message), "\(process.errors)")
    #expect(!FileManager.default.fileExists(atPath: workspace.path("run")))
  }

  // MARK: Comparisons

  @Test func `runs are compared by what both are told from`() throws {
    let folder = try TemporaryFolder()
    try write(folder)
    let labels = folder.file("y.npy")
    try RandomLogits(rowCount: 60, memberCount: 2, seed: 5, strength: 4)
      .write(folder.file("better.npy"), labels)
    for (name, ood) in [("z", "svhn"), ("better", "svhn"), ("z", "other")] {
      try run([
        "score", "--logits", folder.file("\(name).npy").path, "--labels", labels.path, "--name",
        name, "--bootstrap", "20", "--output", folder.file("run-\(name)-\(ood)").path, "--ood",
        "\(ood)=\(folder.file("svhn.npy").path)",
      ])
    }
    func compare(_ first: String, _ second: String, _ more: [String] = [], status: Int32 = 0)
      throws -> MixmoProcess
    {
      try run(
        [
          "compare", folder.file("run-\(first)").path, folder.file("run-\(second)").path,
          "--bootstrap", "400",
        ] + more, status: status)
    }
    let compared = try compare("z-svhn", "better-svhn", ["--ood", "svhn"])
    #expect(compared.output.contains("better than z in"), "\(compared.output)")
    #expect(compared.output.contains("auroc msp svhn (+0."), "\(compared.output)")
    let rows = try CSVTable(contentsOf: folder.file("run-better-svhn/ood.csv"))
    let value = try #require(rows.column("auroc")?.first.flatMap(Double.init))
    let json = try compare(
      "z-svhn", "better-svhn", ["--ood", "svhn", "--json", "--ood-score", "msp"])
    #expect(json.output.contains("\(value)"), "\(value) in \(json.output)")
    #expect(try !compare("z-svhn", "better-svhn").output.contains("svhn ("))
    let missing = try compare("z-svhn", "z-other", ["--ood", "svhn"], status: 1)
    #expect(missing.errors.contains("found those of other"), "\(missing.errors)")
    let score = try compare(
      "z-svhn", "better-svhn",
      ["--ood", "svhn", "--ood-score", "energy", "--predictor", "ensemble-probs"], status: 1)
    #expect(score.errors.contains("has no score energy"), "\(score.errors)")
  }
}
