import Datasets
import Formats
import Foundation
import Loading
import TestSupport
import Testing

/// `evaluate --fitting validation`: calibrations fitted on the training images that a run keeps.
struct ValidationCommandTests {
  /// A run that keeps 32 of 96 training images.
  private func trained() throws -> Workspace {
    let workspace = try Workspace(epochs: 3, trainCount: 96, testCount: 40)
    let run = try MixmoProcess(workspace.train(save: "runs", "--validation", "32", "--quiet"))
    try #require(run.status == 0, "\(run.errors)")
    return workspace
  }

  private func evaluate(
    _ workspace: Workspace, _ more: String..., output: String? = nil, data: String? = nil
  ) throws -> MixmoProcess {
    let folder = output.map { ["--output", workspace.path($0)] } ?? []
    return try MixmoProcess(
      [
        "evaluate", "--config", workspace.configuration, "--save", workspace.path("runs"), "--data",
        data.map(workspace.path) ?? workspace.data, "--checkpoint", "best", "--bootstrap", "0",
      ] + folder + more)
  }

  private func table(_ workspace: Workspace, _ name: String) throws -> CSVTable {
    try CSVTable(contentsOf: workspace.folder.file(name))
  }

  private func record(_ workspace: Workspace, _ folder: String) throws -> [String: Any] {
    let bytes = try workspace.bytes("\(folder)/run.json")
    let object = try JSONSerialization.jsonObject(with: Data(bytes))
    return try #require(object as? [String: Any])
  }

  /// The rows of the clean cell, without the columns that name run and data set.
  private func cleanRows(_ table: CSVTable) -> [[String]] {
    table.rows.filter { $0[2] == "clean" }.map { Array($0.dropFirst(2)) }
  }

  @Test func `the kept images are predicted, and calibrations are fitted on them alone`() throws {
    let workspace = try trained()
    let run = try evaluate(
      workspace, "--fitting", "validation", "--calibration", "none,temperature,vector",
      "--generate", "--corruption", "contrast", "--severity", "3")
    #expect(run.status == 0, "\(run.errors)")

    // The kept images are those of the split, and their predictions those of test images.
    let split = try ValidationSplit(of: Digits.first(96, of: .train), keeping: 32, seed: 0)
    try CIFARWriter.write(
      train: Digits.first(16, of: .train), test: Copy(split.validation).images,
      classNames: ["a"], to: workspace.folder.file("kept/digits-data/cifar-10-batches-bin"))
    let asTest = try evaluate(workspace, output: "kept-results", data: "kept")
    #expect(asTest.status == 0, "\(asTest.errors)")
    for name in ["clean-0.npy", "labels.npy"] {
      let isSame =
        try workspace.bytes("runs/small/predictions/validation/\(name)")
        == workspace.bytes("kept-results/predictions/\(name)")
      #expect(isSame, "\(name)")
    }

    // Scored as anybody's predictions with a validation set.
    func file(_ name: String) -> String { workspace.path("runs/small/predictions/\(name).npy") }
    let score = try MixmoProcess(
      "score", "--logits", file("clean-0"), "--labels", file("labels"), "--validation-logits",
      file("validation/clean-0"), "--validation-labels", file("validation/labels"), "--fitting",
      "validation", "--calibration", "none,temperature,vector", "--bootstrap", "0", "--output",
      workspace.path("scores"))
    #expect(score.status == 0, "\(score.errors)")
    let cells = try table(workspace, "runs/small/cells.csv")
    #expect(try cleanRows(cells) == cleanRows(table(workspace, "scores/cells.csv")))
    #expect(Set(cells.column("corruption") ?? []) == ["clean", "contrast"])
    for name in ["cells", "diversity", "reliability", "summary"] {
      let fittings = try table(workspace, "runs/small/\(name).csv").column("fitting")
      #expect(Set(fittings ?? []) == ["validation"], "\(name)")
    }
  }

  @Test func `the record and the page say how the epoch was chosen, and what was fitted on`()
    throws
  {
    let workspace = try trained()
    let run = try evaluate(
      workspace, "--fitting", "validation", "--calibration", "none,temperature", "--report")
    #expect(run.status == 0, "\(run.errors)")
    let record = try record(workspace, "runs/small")
    let best = try #require(record["best"] as? [String: Any])
    #expect(best["criterion"] as? String == "validation accuracy")
    #expect(best["epoch"] is Int)
    let validation = try #require(record["validation"] as? [String: Any])
    #expect(validation["images"] as? Int == 32)
    let scoring = try #require(record["scoring"] as? [String: Any])
    #expect(scoring["fitting"] as? String == "validation")
    #expect(scoring["figures"] as? String == "all rows")
    let page = String(decoding: try workspace.bytes("runs/small/report.html"), as: UTF8.self)
    for text in [
      "of the highest accuracy on training images that were kept for validation",
      "fitted on 32 training images that were kept for validation; numbers: all rows",
    ] { #expect(page.contains(text), "\(text)") }

    let plain = try Workspace.trained()
    let older = try MixmoProcess(plain.evaluate(save: "runs", "--checkpoint", "best", "--report"))
    #expect(older.status == 0, "\(older.errors)")
    let chosen = try self.record(plain, "runs/small")["best"] as? [String: Any]
    #expect(chosen?["criterion"] as? String == "test accuracy")
    #expect(
      String(decoding: try plain.bytes("runs/small/report.html"), as: UTF8.self).contains(
        "of the highest test accuracy of its run, as in MixMo&#39;s code: being chosen on the test "
          + "images, its numbers on them are optimistic"))
  }

  @Test func `shards that fit on the kept images make the bytes of the whole`() throws {
    let workspace = try trained()
    func evaluate(_ output: String, _ more: String...) throws {
      let run = try MixmoProcess(
        workspace.evaluate(
          save: "runs", "--checkpoint", "best", "--fitting", "validation", "--calibration",
          "none,temperature", "--generate", "--corruption", "contrast", "--severity", "1",
          "--severity", "2", "--bootstrap", "20", "--output", workspace.path(output)) + more)
      #expect(run.status == 0, "\(run.errors)")
    }
    try evaluate("whole")
    for index in 1...2 { try evaluate("\(index)", "--shard", "\(index)/2") }
    let files = try ["1", "2"].map { Set(try workspace.files($0).keys) }
    #expect(files[0].contains("predictions/validation/clean-0.npy"))
    #expect(!files[1].contains("predictions/validation/clean-0.npy"))
    let merged = try MixmoProcess(
      "merge", workspace.path("2"), workspace.path("1"), "--output", workspace.path("merged"))
    #expect(merged.status == 0, "\(merged.errors)")
    var (whole, other) = (try workspace.files("whole"), try workspace.files("merged"))
    for record in [whole.removeValue(forKey: "run.json"), other.removeValue(forKey: "run.json")] {
      #expect(record != nil)
    }
    #expect(whole.keys.sorted() == other.keys.sorted())
    for (name, bytes) in whole { #expect(other[name] == bytes, "\(name)") }
  }

  @Test func `a folder is scored again with the kept images that it holds`() throws {
    let workspace = try trained()
    let run = try evaluate(
      workspace, "--fitting", "validation", "--calibration", "none,temperature,vector")
    #expect(run.status == 0, "\(run.errors)")
    let folder = workspace.path("runs/small")
    let expected = try workspace.bytes("runs/small/cells.csv")
    for options in [["--calibration", "vector"], ["--fitting", "validation"]] {
      let again = try MixmoProcess(["score", folder] + options)
      #expect(again.status == 0, "\(again.errors)")
      let isSame = try workspace.bytes("runs/small/cells.csv") == expected
      #expect(isSame, "\(options)")
    }
    let file = workspace.folder.file("runs/small/predictions/validation/clean-0.npy")
    var bytes = try FileContents.read(file, limit: 1 << 20)
    bytes[bytes.count - 1] ^= 1
    try AtomicFile.write(bytes, to: file)
    let swapped = try MixmoProcess("score", folder, "--calibration", "vector")
    #expect(
      swapped.status == 1
        && swapped.errors.contains("validation/clean-0.npy: not this run's file: expected SHA-256"),
      "\(swapped.errors)")

    let plain = try Workspace.trained()
    let none = try MixmoProcess("score", plain.path("runs/small"), "--fitting", "validation")
    #expect(
      none.status == 1
        && none.errors.contains(
          "expected predictions of the images that the run kept for validation"),
      "\(none.errors)")
  }

  @Test func `without kept images, or with other ones, the error says so`() throws {
    let plain = try Workspace.trained()
    let none = try evaluate(plain, "--fitting", "validation")
    #expect(none.status == 1)
    #expect(
      none.errors.contains(
        "--fitting validation needs a checkpoint of mixmo train --validation, whose run keeps images "
          + "for it; fit on --fitting clean-halves"), "\(none.errors)")

    let workspace = try trained()
    try Digits.writeFirst(train: 95, test: 40, below: workspace.folder.file("other"))
    let other = try evaluate(workspace, "--fitting", "validation", data: "other")
    #expect(other.status == 1)
    #expect(
      other.errors.contains("its run is trained on other images than those below --data: expected"),
      "\(other.errors)")
    let score = try MixmoProcess(
      "score", "--logits", "a.npy", "--labels", "b.npy", "--fitting", "validation")
    #expect(score.status == 64)
    #expect(score.errors.contains("--fitting validation needs --validation-logits"))
  }

  @Test func `a configuration that does not name the part, or another one, evaluates the run`()
    throws
  {
    let workspace = try trained()
    let plain = try evaluate(workspace)
    #expect(plain.status == 0, "\(plain.errors)")
    var recipe = try TestRecipe.small(epochs: 3, ["dataset": "digits"])
    recipe.append("validation: 8\n")
    try AtomicFile.write(recipe.text, to: workspace.folder.file("small.yaml"))
    let other = try evaluate(workspace)
    #expect(
      other.status == 0
        && other.errors.contains(
          "its run kept 32 images for validation, not 8 as the configuration says"),
      "\(other.errors)")
    let own = try MixmoProcess(
      "evaluate", "--config", workspace.path("runs/small/config.yaml"), "--data", workspace.data,
      "--checkpoint", "best", "--bootstrap", "0")
    #expect(own.status == 0 && own.output == plain.output, "\(own.errors)")
  }
}

/// A data set copied into memory.
private struct Copy {
  let images: InMemoryDataset

  init(_ dataset: any Dataset) throws {
    images = InMemoryDataset(
      name: dataset.name, classCount: dataset.classCount, imageSide: dataset.imageSide,
      labels: dataset.labels,
      images: try dataset.labels.indices.map { try dataset.image(at: $0) })
  }
}
