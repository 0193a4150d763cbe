import Checkpoints
import Foundation
import TestSupport
import Testing

/// Checkpoints that PyTorch saved with an object of each of many kinds beside the weights
/// (`Fixtures/make_neighbors.py`).
struct NeighborTests {
  private let network = NeighborFile.network

  private func files() throws -> [NeighborFile] {
    try NeighborFile.all("neighbors", limit: 1 << 20)
  }

  @Test func `the weights beside an object of any kind are read`() throws {
    let folder = try TemporaryFolder()
    let files = try files()
    #expect(Set(files.map(\.row.kind)).count >= 140)
    #expect(files.count { $0.row.weightsOnly } >= 130)
    for file in files {
      let url = try folder.file("file.pt", holding: file.bytes)
      do {
        let checkpoint = try Checkpoint(contentsOf: url)
        let found = try checkpoint.weights(for: network)
        #expect(found.weights["weight"]?.floats() == [1, 2, 3, 4], "\(file.row)")
        #expect(found.weights["bias"]?.floats() == [5, 6], "\(file.row)")
        #expect(found.name == "state_dict" && found.leftOut == [], "\(file.row)")
        #expect(found.beside == ["epoch", "beside", "after"], "\(file.row)")
      } catch {
        Issue.record("\(file.row): \(error)")
      }
    }
  }

  /// What can be written is written, and read back the same.
  @Test func `what stands beside the weights is converted or named`() throws {
    let folder = try TemporaryFolder()
    for file in try files() {
      let url = try folder.file("file.pt", holding: file.bytes)
      let (writable, omissions) = try Checkpoint(contentsOf: url).writable
      try writable.write(to: folder.file("copy.pt"))
      let copy = try Checkpoint(contentsOf: folder.file("copy.pt"))
      #expect(try copy.weights(for: network).name == "state_dict", "\(file.row)")
      let isWhole = writable.root.items?.count == 4
      #expect(isWhole || !omissions.isEmpty, "\(file.row)")
    }
  }

  @Test(arguments: [
    ("namespace", "argparse.Namespace"), ("set", "set"), ("int-128", "int of 17 bytes"),
    ("complex", "complex"), ("counter", "collections.Counter"), ("tensor-sparse", "sparse tensor"),
    ("tensor-quantized", "quantized tensor"), ("tensor-complex64", "ComplexFloatStorage tensor"),
    ("tensor-float8_e4m3fn", "float8_e4m3fn tensor"), ("tensor-meta", "meta tensor"),
    ("tensor-subclass", "__main__.Marked tensor"), ("array", "numpy.ndarray"),
    ("torch-dtype", "torch.float32"), ("torch-size", "torch.Size"), ("enum", "__main__.Color"),
    ("nested-class", "__main__.Outer.Inner"), ("call-system", "posix.system"),
    ("extension", "copyreg.extension 5"), ("storage", "storage"), ("bytes", "bytes"),
  ])
  func `an object that is not understood is shown as what it is`(
    kind: String, name: String
  ) throws {
    let folder = try TemporaryFolder()
    for file in try files() where file.row.kind == kind {
      let checkpoint = try Checkpoint(contentsOf: try folder.file("file.pt", holding: file.bytes))
      #expect(checkpoint.root["beside"] == .opaque(name), "\(file.row)")
      let row = CheckpointOutline(checkpoint).rows.first { $0.name == "beside" }
      #expect(row?.content == name)
    }
  }

  /// The values of these are those that the generator gives them.
  @Test(
    arguments: [
      ("tensor-uint16", [1, 1]), ("tensor-uint64", [1, 1]), ("parameter", [1, 1]),
      ("parameter-tagged", [1, 1]), ("tensor-tagged", [1, 1]),
      ("tensor-expanded", Array(repeating: 1, count: 9)),
      ("tensor-empty", []), ("tensor-bfloat16", [1, 1]),
    ] as [(String, [Float])])
  func `a tensor beside the weights is read where its elements are numbers`(
    kind: String, values: [Float]
  ) throws {
    let folder = try TemporaryFolder()
    for file in try files() where file.row.kind == kind {
      let checkpoint = try Checkpoint(contentsOf: try folder.file("file.pt", holding: file.bytes))
      guard case .tensor(let tensor)? = checkpoint.root["beside"] else {
        Issue.record("\(file.row): no tensor")
        continue
      }
      #expect(tensor.floats() == values, "\(file.row)")
    }
  }

  @Test func `the tensors of a network that was pickled whole have the names of its state`() throws
  {
    let folder = try TemporaryFolder()
    for file in try files() where file.row.kind == "module-own" {
      let checkpoint = try Checkpoint(contentsOf: try folder.file("file.pt", holding: file.bytes))
      let names = [
        "conv.weight", "conv.bias", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var",
        "bn.num_batches_tracked",
      ]
      let entries = try checkpoint.weights(named: "beside").entries
      #expect(entries.map(\.name) == names, "\(file.row)")
      #expect(entries.first?.tensor.shape == [2, 1, 1, 1], "\(file.row)")
    }
  }
}
