import Checkpoints
import Formats
import Foundation
import TestSupport
import Testing

/// Checkpoints that PyTorch saved, against its tensors as NumPy arrays
/// (`Fixtures/make_checkpoints.py`).
struct ReadingTests {
  private func read(_ name: String) throws -> Checkpoint {
    try Checkpoint(contentsOf: fixture("read/\(name)"))
  }

  private func expected(_ name: String, _ tensor: String) throws -> NumPyArray {
    let url = fixture("expected/\(name).npz")
    let member = "\(tensor).npy"
    let bytes = try ZipArchive(contentsOf: url).bytes(of: member, atMost: 10_000)
    return try NumPyArray(bytes: bytes, file: "\(url.path): \(member)")
  }

  private func expectFloats(_ weights: StateDictionary, _ file: String) throws {
    for entry in weights.entries {
      let array = try expected(file, entry.name)
      #expect(entry.tensor.shape == array.shape, "\(entry.name)")
      if entry.tensor.elementType.isFloatingPoint {
        #expect(try entry.tensor.floats() == array.values(of: Float.self), "\(entry.name)")
      } else {
        #expect(try entry.tensor.integers() == array.values(of: Int64.self), "\(entry.name)")
      }
    }
  }

  @Test(arguments: ["types.pt", "big-endian.pt", "legacy-types.pt"])
  func `elements of every type, also from a big-endian machine`(name: String) throws {
    let weights = try read(name).weights()
    let types: [ElementType] = [
      .float32, .float64, .float16, .bfloat16, .int64, .int32, .int16, .int8, .uint8, .bool,
      .int64, .float32,
    ]
    #expect(weights.entries.map(\.tensor.elementType) == types)
    for (name, type) in zip(weights.entries.map(\.name), types) where !type.isFloatingPoint {
      let array = try expected("types", name)
      let values =
        type == .bool
        ? try array.values(of: Bool.self).map { $0 ? 1 : 0 } : try array.values(of: Int64.self)
      #expect(weights[name]?.integers() == values, "\(name)")
      #expect(weights[name]?.floats() == values.map { Float($0) }, "\(name)")
    }
    for name in ["float32", "float16", "bfloat16", "empty"] {
      #expect(try weights[name]?.floats() == expected("types", name).values(of: Float.self))
      #expect(weights[name]?.integers() == nil)
    }
    let doubles = try expected("types", "float64").values(of: Double.self)
    #expect(weights["float64"]?.floats() == doubles.map { Float($0) })
    #expect(weights["single"]?.shape == [])
    #expect(weights["empty"]?.shape == [0, 3])
  }

  @Test(arguments: ["views.pt", "legacy-views.pt"])
  func `shared storages, offsets and strides`(name: String) throws {
    let weights = try read(name).weights()
    #expect(weights.entries.count == 7)
    try expectFloats(weights, "views")
    #expect(weights["transposed"]?.strides == [1, 4, 12])
    #expect(weights["part"]?.offset == 5)
    #expect(weights["expanded"]?.strides == [0, 0])
  }

  @Test func `a storage that is a part of another, as PyTorch 0.3 wrote it`() throws {
    let weights = try read("legacy-storage-view.pt").weights()
    #expect(weights["part"]?.floats() == [0.75, 0.875, 1, 1.125])
  }

  @Test(arguments: ["mixmo.ckpt", "legacy-mixmo.ckpt"])
  func `MixMo's dictionary with its optimizer`(name: String) throws {
    let checkpoint = try read(name)
    let keys: [CheckpointKey] = [
      "epoch", "classifier_state_dict", "classifier_optimizer_state_dict",
    ]
    #expect(checkpoint.root.items?.map(\.key) == keys)
    #expect(checkpoint.root["epoch"] == 7)
    let weights = try checkpoint.weights()
    #expect(
      weights.entries.map(\.name) == [
        "conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var",
        "bn1.num_batches_tracked", "fc.weight", "fc.bias",
      ])
    try expectFloats(weights, "mixmo")
    #expect(weights["bn1.num_batches_tracked"]?.integers() == [1])

    let optimizer = try #require(checkpoint.root["classifier_optimizer_state_dict"])
    let state = try #require(optimizer["state"]?.items)
    #expect(state.map(\.key) == [0, 1, 2, 3, 4])
    for item in state {
      let buffer = try expected("momentum", item.key.description)
      let values = try buffer.values(of: Float.self)
      #expect(item.value["momentum_buffer"] == .tensor(CheckpointTensor(buffer.shape, values)))
    }
    guard case .list(let groups)? = optimizer["param_groups"] else {
      Issue.record("no parameter groups")
      return
    }
    #expect(groups.count == 1)
    #expect(groups[0]["lr"] == 0.1)
    #expect(groups[0]["nesterov"] == true)
    #expect(groups[0]["foreach"] == CheckpointValue.none)
    #expect(groups[0]["params"] == [0, 1, 2, 3, 4])
  }

  @Test(arguments: ["bare.pt", "zip64.pt", "parallel.pt"])
  func `a bare state dictionary, zip64, and DataParallel's prefix`(name: String) throws {
    #expect(try read(name).weights() == read("mixmo.ckpt").weights())
  }

  @Test func `the other keys of a file than those of its weights`() throws {
    #expect(
      try read("mixmo.ckpt").nonWeightKeys == ["epoch", "classifier_optimizer_state_dict"])
    #expect(try read("parallel.pt").nonWeightKeys == ["best", "count"])
    #expect(try read("bare.pt").nonWeightKeys == [])
    #expect(try read("without-weights.pt").nonWeightKeys == ["epoch", "names", "momentum"])
  }

  @Test func `numbers of NumPy besides the weights`() throws {
    let root = try read("parallel.pt").root
    #expect(root["best"] == 0.5)
    #expect(root["count"] == 3)
  }

  @Test func `parameters under model`() throws {
    let weights = try read("model.pt").weights()
    #expect(weights.entries.count == 5)
    try expectFloats(weights, "mixmo")
  }

  @Test func `what keeps a dictionary from being weights is named`() {
    let tensor = CheckpointValue.tensor(CheckpointTensor([1], [1] as [Float]))
    func expect(_ root: CheckpointValue, at location: String?, _ problem: CheckpointError.Problem) {
      let error = CheckpointError(file: "a", location: location, problem: problem)
      #expect(throws: error) { try Checkpoint(root, file: "a").weights() }
    }
    expect(
      ["state_dict": ["w": tensor, "ver": 1]], at: "state_dict/ver",
      .notAWeight(found: "a number"))
    expect(tensor, at: nil, .noDictionary(found: "a tensor without a name"))
    expect([:], at: nil, .noDictionary(found: "an empty dict"))
    expect([tensor], at: nil, .noDictionary(found: "a list"))
  }

  @Test func `the error about a file without weights lists its keys`() throws {
    let file = fixture("read/without-weights.pt").path
    let problem = CheckpointError.Problem.noWeights(keys: ["epoch", "names", "momentum"])
    let error = CheckpointError(file: file, location: nil, problem: problem)
    #expect(throws: error) { try read("without-weights.pt").weights() }
    #expect(
      error.description
        == "\(file): no dictionary of tensors; found the keys epoch, names, momentum, expected "
        + "a state dictionary under any of them")
  }
}

struct StateDictionaryTests {
  private let weights = StateDictionary(
    [
      .init("a", CheckpointTensor([2, 3], [Float](repeating: 1, count: 6))),
      .init("b", CheckpointTensor([2], [Float](repeating: 2, count: 2))),
      .init("c", CheckpointTensor([], [Int64(3)])),
    ], file: "x.ckpt")

  @Test func `tensors come in the network's order`() throws {
    let tensors = try weights.tensors(matching: [("c", []), ("a", [2, 3]), ("b", [2])])
    #expect(tensors.map(\.shape) == [[], [2, 3], [2]])
  }

  @Test func `missing and unexpected names and other shapes are listed together`() {
    let problem = CheckpointError.Problem.mismatch(
      missing: ["d", "e"], unexpected: ["b"],
      shapes: [.init(name: "a", expected: [3, 2], found: [2, 3])])
    let error = CheckpointError(file: "x.ckpt", location: nil, problem: problem)
    #expect(throws: error) {
      try weights.tensors(matching: [("d", [1]), ("a", [3, 2]), ("c", []), ("e", [])])
    }
    #expect(
      error.description
        == "x.ckpt: other weights than the network's: 2 missing: d, e; 1 not expected: b; "
        + "1 of another shape: a [2, 3], expected [3, 2]")
  }
}
