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

  @Test func `the extension names the format`() {
    let names = ["ckpt", "pt", "pth", "PT", "safetensors", "SafeTensors", "npz", ""]
    let formats: [CheckpointFormat?] = [
      .pyTorch, .pyTorch, .pyTorch, .pyTorch, .safeTensors, .safeTensors, nil, nil,
    ]
    #expect(names.map(CheckpointFormat.init(fileExtension:)) == formats)
  }
}
