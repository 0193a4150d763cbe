import Checkpoints
import Formats
import Foundation
import TestSupport
import Testing

/// `convert` and `inspect` as a user meets them.
final class CheckpointCommandTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func path(_ name: String) -> String { folder.file(name).path }

  /// A checkpoint in MixMo's form, of a network of one layer.
  private func writeTraining(_ name: String) throws {
    func ones(_ shape: [Int]) -> CheckpointValue {
      .tensor(CheckpointTensor(shape, [Float](repeating: 1, count: shape.reduce(1, *))))
    }
    let weights: CheckpointValue = .orderedDictionary([
      CheckpointItem("list_conv1.0.weight", ones([2, 3, 1, 1])),
      CheckpointItem("list_conv1.1.weight", ones([2, 3, 1, 1])),
      CheckpointItem(
        "layer1.0.conv1.weight", .tensor(CheckpointTensor([4, 1, 1, 1], [1, 0.45, 0.25, -0.28]))),
      CheckpointItem("bn1.num_batches_tracked", .tensor(CheckpointTensor([], [7] as [Int64]))),
    ])
    let checkpoint = Checkpoint([
      "epoch": 3, "classifier_state_dict": weights,
      "classifier_optimizer_state_dict": ["state": [:]],
    ])
    try checkpoint.write(to: folder.file(name))
  }

  private func weights(_ name: String) throws -> StateDictionary {
    try Checkpoint(contentsOf: folder.file(name)).weights()
  }

  @Test func `converts to safetensors and back, and says what it leaves out`() throws {
    try writeTraining("last.ckpt")
    let there = try MixmoProcess("convert", path("last.ckpt"), path("a.safetensors"))
    #expect(there.status == 0 && there.output == "")
    #expect(
      there.errors
        == "\(path("a.safetensors")): 4 tensors\n"
        + "warning: left out: epoch, classifier_optimizer_state_dict\n")
    let file = try SafeTensorsFile(contentsOf: folder.file("a.safetensors"))
    #expect(file.metadata == ["format": "pt"])
    #expect(file.tensors.map(\.name).first == "bn1.num_batches_tracked")

    let back = try MixmoProcess("convert", path("a.safetensors"), path("b.pth"), "--json")
    #expect(back.status == 0 && back.errors == "")
    let summary = try JSONSerialization.jsonObject(with: Data(back.output.utf8)) as? [String: Any]
    #expect(summary?["tensors"] as? Int == 4 && summary?["parameters"] as? Int == 16)
    #expect(summary?["left_out"] as? [String] == [])
    for name in ["a.safetensors", "b.pth"] {
      let (ours, original) = (try weights(name), try weights("last.ckpt"))
      #expect(ours.entries.count == original.entries.count)
      for entry in original.entries { #expect(ours[entry.name] == entry.tensor, "\(entry.name)") }
    }
  }

  @Test func `names from a file are shown on one line, without control characters`() throws {
    let hostile = "a\nwarning: b\u{1B}[2J\r\u{2028}"
    let weights: CheckpointValue = .orderedDictionary([
      CheckpointItem(.string(hostile), .tensor(CheckpointTensor([1], [1] as [Float]))),
      CheckpointItem("b\n", .tensor(CheckpointTensor([1], [2] as [Float]))),
    ])
    try Checkpoint(
      .dictionary([
        CheckpointItem(.string(hostile), 3), CheckpointItem("state_dict", weights),
      ])
    ).write(to: folder.file("a.ckpt"))
    var described = Checkpoint(weights)
    described.metadata = [hostile: hostile]
    try described.write(to: folder.file("d.safetensors"), format: .safeTensors)
    for (arguments, lineCount) in [
      (["convert", path("a.ckpt"), path("b.safetensors")], 2),
      (["convert", path("d.safetensors"), path("c.ckpt")], 2),
      (["inspect", path("a.ckpt")], nil), (["inspect", path("d.safetensors")], nil),
      (["inspect", path("a.ckpt"), "--weights", hostile], nil),
    ] as [([String], Int?)] {
      let process = try MixmoProcess(arguments)
      let shown = process.output + process.errors
      #expect(!shown.contains("\nwarning: b"), "\(shown)")
      #expect(
        !shown.unicodeScalars.contains {
          [.control, .lineSeparator].contains($0.properties.generalCategory) && $0 != "\n"
        })
      if let lineCount {
        #expect(process.errors.split(separator: "\n").count == lineCount, "\(process.errors)")
      }
    }
  }

  @Test func `--format overrides the extension, and everything goes into PyTorch's format`() throws
  {
    try writeTraining("last.ckpt")
    let process = try MixmoProcess(
      "convert", path("last.ckpt"), path("copy.bin"), "--format", "pytorch", "--quiet")
    #expect(process.status == 0 && process.errors == "" && process.output == "")
    let copy = try Checkpoint(contentsOf: folder.file("copy.bin"))
    #expect(copy.root == (try Checkpoint(contentsOf: folder.file("last.ckpt"))).root)
  }

  @Test func `does not write over its input, or without knowing the format`() throws {
    try writeTraining("last.ckpt")
    let before = try FileContents.read(folder.file("last.ckpt"), limit: 1 << 20)
    try FileManager.default.createSymbolicLink(
      at: folder.file("link.ckpt"), withDestinationURL: folder.file("last.ckpt"))
    for output in ["last.ckpt", "link.ckpt", "missing/../last.ckpt"] {
      let process = try MixmoProcess("convert", path("last.ckpt"), path(output))
      #expect(process.status == 64, "\(output)")
      #expect(process.errors.contains("OUT: expected another file than IN"), "\(process.errors)")
    }
    let unknown = try MixmoProcess("convert", path("last.ckpt"), path("a.onnx"))
    #expect(unknown.status == 64)
    #expect(
      unknown.errors.contains("OUT: expected a file named .ckpt, .pt, .pth or .safetensors"))
    #expect(try FileContents.read(folder.file("last.ckpt"), limit: 1 << 20) == before)
  }

  @Test func `what cannot be read is named, and nothing is written`() throws {
    try AtomicFile.write("hello", to: folder.file("a.pt"))
    try Checkpoint(["epoch": 3]).write(to: folder.file("b.pt"))
    for (input, message) in [
      ("a.pt", "expected a checkpoint, found text (\"hello\")"), ("c.pt", "No such file"),
      ("b.pt", "no dictionary of tensors; found the keys epoch"),
    ] {
      let process = try MixmoProcess("convert", path(input), path("out.safetensors"))
      #expect(process.status == 1)
      #expect(process.errors.contains(path(input)), "\(process.errors)")
      #expect(process.errors.contains(message), "\(process.errors)")
    }
    #expect(try folder.names == ["a.pt", "b.pt"])
  }

  @Test func `inspect shows tensors, types, what is beside them, and feature separation`() throws {
    try writeTraining("last.ckpt")
    let process = try MixmoProcess("inspect", path("last.ckpt"))
    #expect(process.status == 0, "\(process.errors)")
    #expect(
      process.output == """
        name                     shape    type     parameters
        list_conv1.0.weight      2×3×1×1  float32  6
        list_conv1.1.weight      2×3×1×1  float32  6
        layer1.0.conv1.weight    4×1×1×1  float32  4
        bn1.num_batches_tracked           int64
        16 parameters
        beside the weights: epoch, classifier_optimizer_state_dict
        keys of the file:
          epoch                                  3
          classifier_state_dict                  4 tensors
          classifier_optimizer_state_dict        dict of 1
          classifier_optimizer_state_dict.state  dict of 0
        active filters of the core: 100.00 % above 0.2, 50.00 % above 0.3, 50.00 % above 0.4, \
        25.00 % above 0.5
        L1 norms of encoder 0: 3 3
        L1 norms of encoder 1: 3 3

        """)
  }

  @Test func `inspect says the same as JSON`() throws {
    try writeTraining("last.ckpt")
    let process = try MixmoProcess("inspect", path("last.ckpt"), "--json")
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(process.output.utf8)) as? [String: Any])
    #expect(report["parameters"] as? Int == 16)
    #expect(report["others"] as? [String] == ["epoch", "classifier_optimizer_state_dict"])
    let rows = try #require(report["rows"] as? [[String: Any]])
    #expect(rows.map { $0["type"] as? String } == ["float32", "float32", "float32", "int64"])
    #expect(rows[2]["shape"] as? [Int] == [4, 1, 1, 1])
    let separation = try #require(report["feature_separation"] as? [String: Any])
    #expect(separation["thresholds"] as? [Double] == [0.2, 0.3, 0.4, 0.5])
    #expect(separation["active_shares"] as? [Double] == [1, 0.5, 0.5, 0.25])
    #expect(separation["encoder_norms"] as? [[Double]] == [[3, 3], [3, 3]])
  }

  @Test func `metadata is one line and cut, and names of wide characters leave the table whole`()
    throws
  {
    let tensor = CheckpointTensor([1], [1] as [Float])
    var checkpoint = Checkpoint(["👩‍🚀👩‍🚀👩‍🚀": .tensor(tensor), "b": .tensor(tensor)])
    checkpoint.metadata = ["long": "a\n" + String(repeating: "b", count: 200), "format": "pt"]
    try checkpoint.write(to: folder.file("a.safetensors"), format: .safeTensors)
    let text = try MixmoProcess("inspect", path("a.safetensors")).output
    #expect(text.contains("👩‍🚀👩‍🚀👩‍🚀   1      float32  1\n"), "\(text)")
    #expect(text.contains("metadata long: a\u{FFFD}\(String(repeating: "b", count: 98))…\n"))
    let json = try MixmoProcess("inspect", path("a.safetensors"), "--json").output
    #expect(json.contains(#"a\n"# + String(repeating: "b", count: 200)))
    let back = try MixmoProcess("convert", path("a.safetensors"), path("a.pt"))
    #expect(back.errors.hasSuffix("warning: left out: metadata long\n"), "\(back.errors)")
  }

  @Test func `weights that are not numbers do not break the report`() throws {
    let tensor = CheckpointTensor([1, 1, 1, 1], [Float.nan])
    try Checkpoint(["conv1.weight": .tensor(tensor), "layer1.weight": .tensor(tensor)])
      .write(to: folder.file("nan.pt"))
    let text = try MixmoProcess("inspect", path("nan.pt"))
    #expect(text.status == 0 && text.output.contains("encoder 0: nan"), "\(text.output)")
    let json = try MixmoProcess("inspect", path("nan.pt"), "--json")
    #expect(json.status == 0 && json.output.contains("\"encoder_norms\":[[null]]"))
  }

  @Test func `filters without weights are shown and converted, however many they are`() throws {
    let extent = 1 << 60
    let tensor = #"{"dtype":"F32","shape":[\#(extent),0,1,1],"data_offsets":[0,0]}"#
    let header = #"{"conv1.weight":\#(tensor),"layer.weight":\#(tensor)}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    _ = try folder.file("none.safetensors", holding: length + Array(header.utf8))
    for input in ["none.safetensors", "none.pt"] {
      let process = try MixmoProcess("inspect", path(input))
      #expect(
        process.status == 0 && process.output.contains("\(extent)×0×1×1"), "\(process.errors)")
      let converted = try MixmoProcess("convert", path("none.safetensors"), path("none.pt"))
      #expect(converted.status == 0, "\(converted.errors)")
    }
  }

  @Test(arguments: ["convert", "inspect"])
  func `help ends in a worked example`(command: String) throws {
    let help = try MixmoProcess(command, "--help")
    #expect(help.status == 0)
    #expect(help.output.contains("Example: ") && help.output.contains("  mixmo \(command) "))
  }
}
