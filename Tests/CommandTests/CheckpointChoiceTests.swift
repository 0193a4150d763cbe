import Checkpoints
import Formats
import Foundation
import TestSupport
import Testing

/// Which weights of a checkpoint `evaluate`, `inspect` and `convert` take.
struct CheckpointChoiceTests {
  /// A trained network, and its weights as items.
  private func trained() throws -> (Workspace, [CheckpointItem]) {
    let workspace = try Workspace.trained()
    let checkpoint = try Checkpoint(contentsOf: workspace.folder.file("runs/small/last.ckpt"))
    return (workspace, try #require(checkpoint.root["classifier_state_dict"]?.items))
  }

  /// Weights whose floating-point tensors are multiplied.
  private func scaled(_ items: [CheckpointItem], by factor: Float) -> CheckpointValue {
    .orderedDictionary(
      items.map { item in
        guard case .tensor(let tensor) = item.value, tensor.elementType.isFloatingPoint else {
          return item
        }
        let values = tensor.floats().map { $0 * factor }
        return CheckpointItem(item.key, .tensor(CheckpointTensor(tensor.shape, values)))
      })
  }

  private func evaluate(
    _ workspace: Workspace, _ file: String, output: String, _ more: String...
  ) throws -> MixmoProcess {
    try MixmoProcess(
      [
        "evaluate", "--config", workspace.configuration, "--data", workspace.data, "--checkpoint",
        workspace.path(file), "--output", workspace.path(output), "--quiet",
      ] + more)
  }

  @Test func `of raw and averaged weights one is named, and is that which predicts`() throws {
    let (workspace, weights) = try trained()
    let both: CheckpointValue = [
      "epoch": 3, "raw": .orderedDictionary(weights), "averaged": ["net": scaled(weights, by: 0.5)],
    ]
    try Checkpoint(both).write(to: workspace.folder.file("both.pt"))
    try Checkpoint(scaled(weights, by: 0.5)).write(to: workspace.folder.file("one.pt"))

    let unclear = try evaluate(workspace, "both.pt", output: "a")
    #expect(unclear.status == 1)
    #expect(
      unclear.errors.contains(
        "both.pt: 2 dictionaries of tensors may be meant: raw, averaged.net; choose one with --weights"
      ), "\(unclear.errors)")
    let chosen = try evaluate(workspace, "both.pt", output: "b", "--weights", "averaged.net")
    #expect(chosen.status == 0, "\(chosen.errors)")
    let alone = try evaluate(workspace, "one.pt", output: "c")
    #expect(alone.status == 0, "\(alone.errors)")
    let predictions = try ["b", "c"].map { try workspace.bytes("\($0)/predictions/clean-0.npy") }
    #expect(predictions[0] == predictions[1])

    // Predictions of other weights must not be scored as those of these.
    let other = try evaluate(workspace, "both.pt", output: "b", "--weights", "raw")
    #expect(other.status == 1 && other.errors.contains("belongs to another"), "\(other.errors)")
    let missing = try evaluate(workspace, "both.pt", output: "d", "--weights", "ema")
    #expect(missing.status == 1)
    #expect(
      missing.errors.contains("--weights ema: no dictionary of tensors has this name; found "))

    let shown = try MixmoProcess("inspect", workspace.path("both.pt"))
    #expect(shown.status == 0 && shown.errors.contains("choose one with --weights"))
    #expect(shown.output.contains("  averaged.net  \(weights.count) tensors\n"), "\(shown.output)")
    let json = try MixmoProcess("inspect", workspace.path("both.pt"), "--json", "--weights", "raw")
    #expect(json.output.contains(#""weights":"raw""#), "\(json.output)")
    #expect(json.output.contains(#"{"content":"3","name":"epoch"}"#), "\(json.output)")
    let converted = try MixmoProcess(
      "convert", workspace.path("both.pt"), workspace.path("x.pt"), "--weights", "averaged.net")
    #expect(converted.status == 0 && converted.errors.contains("left out: epoch, raw"))
    #expect(
      try Checkpoint(contentsOf: workspace.folder.file("x.pt")).root == scaled(weights, by: 0.5))
  }

  @Test func `weights that are not numbers are the checkpoint's fault`() throws {
    let (workspace, weights) = try trained()
    try Checkpoint(scaled(weights, by: .nan)).write(to: workspace.folder.file("nan.pt"))
    let process = try evaluate(workspace, "nan.pt", output: "a")
    #expect(process.status == 1)
    #expect(
      process.errors.contains("nan.pt: ")
        && process.errors.contains("element 0 is nan, with which a network cannot predict; "),
      "\(process.errors)")
    let shown = try MixmoProcess(
      "inspect", workspace.path("nan.pt"), "--config", workspace.configuration)
    #expect(shown.status == 0, "\(shown.errors)")
  }

  @Test func `what stands in the dictionary beside the weights is said once`() throws {
    let (workspace, weights) = try trained()
    let items =
      [
        CheckpointItem("n_averaged", .tensor(CheckpointTensor([], [5] as [Int64]))),
        CheckpointItem("criterion.weight", .tensor(CheckpointTensor([2], [1, 1] as [Float]))),
      ]
      + weights.filter { !$0.key.description.hasSuffix("num_batches_tracked") }.map {
        CheckpointItem(.string("module._orig_mod.\($0.key)"), $0.value)
      }
    try Checkpoint(["swa": .dictionary(items)]).write(to: workspace.folder.file("swa.pt"))
    let process = try evaluate(workspace, "swa.pt", output: "a")
    #expect(process.status == 0, "\(process.errors)")
    #expect(
      process.errors.ranges(of: "left out: n_averaged, criterion.weight").count == 1,
      "\(process.errors)")
    let original = try evaluate(workspace, "runs/small/last.ckpt", output: "b")
    #expect(original.status == 0, "\(original.errors)")
    #expect(
      try workspace.bytes("a/predictions/clean-0.npy")
        == workspace.bytes("b/predictions/clean-0.npy"))
  }

  @Test func `what cannot be written is left out of a conversion by name`() throws {
    let folder = try TemporaryFolder()
    let file = CheckpointValue.dictionary([
      CheckpointItem("model", ["fc.weight": .tensor(CheckpointTensor([1], [1] as [Float]))]),
      CheckpointItem("names", ["a", "b"]),
    ])
    try Checkpoint(file).write(to: folder.file("a.pt"))
    // The file's pickle with the call of a class in place of the list.
    let archive = try ZipArchive(contentsOf: folder.file("a.pt"))
    let members = try archive.members.map { member in
      (name: member.name, bytes: try archive.bytes(of: member.name, atMost: 1 << 20))
    }
    let list = Array("](X\u{1}\0\0\0aX\u{1}\0\0\0be".utf8)
    let call = Array("cargparse\nNamespace\n)R".utf8)
    try ZipArchive.write(
      members.map { name, bytes in
        (name: name, bytes: name.hasSuffix("data.pkl") ? bytes.replacing(list, with: call) : bytes)
      }, to: folder.file("b.pt"))
    let process = try MixmoProcess("convert", folder.file("b.pt").path, folder.file("c.pt").path)
    #expect(process.status == 0)
    #expect(
      process.errors.hasSuffix("warning: left out: names (a value of argparse.Namespace)\n"),
      "\(process.errors)")
    #expect(
      try Checkpoint(contentsOf: folder.file("c.pt")).root == [
        "model": ["fc.weight": .tensor(CheckpointTensor([1], [1] as [Float]))]
      ])
  }
}
