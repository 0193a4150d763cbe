import Checkpoints
import Formats
import Foundation
import TestSupport
import Testing

/// Checkpoints in safetensors: those that the reference library wrote
/// (`Fixtures/make_checkpoints.py`), and our own.
struct SafeTensorsTests {
  private func read(_ name: String) throws -> Checkpoint {
    try Checkpoint(contentsOf: fixture("read/\(name)"))
  }

  @Test(arguments: ["types", "views"])
  func `the same tensors as in PyTorch's file`(name: String) throws {
    let ours = try read("\(name).safetensors").weights()
    let theirs = try read("\(name).pt").weights()
    #expect(Set(ours.entries.map(\.name)) == Set(theirs.entries.map(\.name)))
    for entry in theirs.entries { #expect(ours[entry.name] == entry.tensor, "\(entry.name)") }
  }

  @Test func `metadata is kept with the tensors`() throws {
    let checkpoint = try read("types.safetensors")
    #expect(checkpoint.metadata == ["format": "pt"])
    #expect(checkpoint.root.items?.count == 12)
  }

  @Test(arguments: ["types", "views"])
  func `written from PyTorch's file, it is the reference library's`(name: String) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("a.safetensors")
    var checkpoint = Checkpoint(try read("\(name).pt").weights().value)
    checkpoint.metadata = ["format": "pt"]
    try checkpoint.write(to: url, format: .safeTensors)
    #expect(Array(try Data(contentsOf: url)) == (try fixtureBytes("read/\(name).safetensors")))
  }

  @Test func `through PyTorch's format and back nothing changes`() throws {
    let folder = try TemporaryFolder()
    let original = try read("types.safetensors")
    try original.write(to: folder.file("a.pt"), format: .pyTorch)
    var copy = try Checkpoint(contentsOf: folder.file("a.pt"))
    #expect(try copy.weights() == original.weights())
    copy.metadata = original.metadata
    try copy.write(to: folder.file("a.safetensors"), format: .safeTensors)
    #expect(
      Array(try Data(contentsOf: folder.file("a.safetensors")))
        == (try fixtureBytes("read/types.safetensors")))
  }

  @Test func `a file may be written over the one that its tensors are read from`() throws {
    let folder = try TemporaryFolder()
    let url = try folder.file(
      "a.safetensors", holding: fixtureBytes("read/types.safetensors"))
    let checkpoint = try Checkpoint(contentsOf: url)
    try checkpoint.write(to: url, format: .safeTensors)
    #expect(try Checkpoint(contentsOf: url).root == checkpoint.root)
  }

  @Test func `what is not a named tensor is refused by its key`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("a.safetensors")
    func expect(_ root: CheckpointValue, at location: String?) {
      let error = CheckpointError(file: url.path, location: location, problem: .notATensor)
      #expect(throws: error) { try Checkpoint(root).write(to: url, format: .safeTensors) }
    }
    expect(try read("mixmo.ckpt").root, at: "epoch")
    let tensor = CheckpointValue.tensor(CheckpointTensor([1], [1] as [Float]))
    expect(tensor, at: nil)
    expect([0: tensor], at: "0")
    expect(["a": tensor, "b": ["c": tensor]], at: "b")
    #expect(try folder.names == [])
  }

  @Test(arguments: ["F8_E4M3", "F8_E5M2", "F8_E8M0", "C64", "F4", "F6_E3M2", "Q7"])
  func `a tensor of a type that is not read is missed only where it is a weight`(
    type: String
  ) throws {
    // Eight bytes: of each type as many elements as these are, or any number of an unknown one.
    let counts = ["C64": 1, "F4": 16, "F6_E3M2": 10, "Q7": 3]
    let header =
      "{\"a.bias\":{\"dtype\":\"\(type)\",\"shape\":[\(counts[type] ?? 8)],"
      + "\"data_offsets\":[0,8]},"
      + "\"a.weight\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
      + "\"b.weight\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]}}"
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    let folder = try TemporaryFolder()
    let url = try folder.file(
      "a.safetensors", holding: length + header.utf8 + Array(repeating: 0, count: 16))
    let checkpoint = try Checkpoint(contentsOf: url)
    #expect(checkpoint.root["a.bias"] == .opaque("\(type) tensor"))
    let found = try checkpoint.foundWeights()
    #expect(found.weights.entries.map(\.name) == ["a.weight", "b.weight"])
    #expect(found.leftOut == ["a.bias (a \(type) tensor)"])
    let weights = ["a.weight", "b.weight"].map { NetworkTensor($0, shape: [1]) }
    let problem = CheckpointError.Problem.mismatch(
      missing: [], unexpected: [], shapes: [], unusable: ["a.bias (a \(type) tensor)"])
    #expect(throws: CheckpointError(file: url.path, location: nil, problem: problem)) {
      try checkpoint.weights(for: weights + [NetworkTensor("a.bias", shape: [8])])
    }
  }

  @Test func `the extension names the format`() {
    let names = ["ckpt", "pt", "pth", "PT", "safetensors", "SafeTensors", "npz", ""]
    let formats: [CheckpointFormat?] = [
      .pyTorch, .pyTorch, .pyTorch, .pyTorch, .safeTensors, .safeTensors, nil, nil,
    ]
    #expect(names.map(CheckpointFormat.init(fileExtension:)) == formats)
  }
}
