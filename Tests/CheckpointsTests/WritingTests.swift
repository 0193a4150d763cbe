import Checkpoints
import Formats
import Foundation
import TestSupport
import Testing

struct WritingTests {
  private static func floats(_ shape: [Int], scale: Float) -> CheckpointTensor {
    let count = shape.reduce(1, *)
    return CheckpointTensor(shape, (0..<count).map { (Float($0) - 2) * scale })
  }

  /// What `Fixtures/check_written.py` expects to find.
  private static let checkpoint: Checkpoint = {
    let weights = StateDictionary([
      .init("conv1.weight", floats([4, 3, 1, 1], scale: 0.1)),
      .init("bn1.weight", floats([4], scale: 1)),
      .init("bn1.bias", floats([4], scale: -1)),
      .init("bn1.running_mean", floats([4], scale: 0.5)),
      .init(
        "bn1.running_var", CheckpointTensor([4], [1, 2, .leastNonzeroMagnitude, 4] as [Float])),
      .init("bn1.num_batches_tracked", CheckpointTensor([], [782] as [Int64])),
    ])
    let buffers = [("0", [4, 3, 1, 1]), ("1", [4]), ("2", [4])].enumerated().map {
      CheckpointItem(
        .int($0), ["momentum_buffer": .tensor(floats($1.1, scale: Float($0 + 1) / 3))])
    }
    let group: CheckpointValue = [
      "lr": 0.1, "momentum": 0.9, "dampening": 0, "weight_decay": 0.0, "nesterov": true,
      "maximize": false, "foreach": .none, "differentiable": false, "fused": .none,
      "params": [0, 1, 2],
    ]
    return Checkpoint([
      "epoch": 3, "classifier_state_dict": weights.value,
      "classifier_optimizer_state_dict": [
        "state": .dictionary(buffers), "param_groups": [group],
      ],
      "mixmo": [
        "run": "cifar100_naïve", "step": .int(1 << 40), "negative": -70_000, "best": 0.8592,
        "finished": false, "seeds": [0, 255, 256, 65_536],
      ],
    ])
  }()

  /// PyTorch opened these bytes with `weights_only=True` and found every value
  /// (`Fixtures/check_written.py`).
  @Test func `the bytes are those that PyTorch was shown`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("written.ckpt")
    try Self.checkpoint.write(to: url)
    #expect(Array(try Data(contentsOf: url)) == (try fixtureBytes("written.ckpt")))
    #expect(try folder.names == ["written.ckpt"])
  }

  @Test func `what is written is read back bit for bit`() throws {
    let read = try Checkpoint(contentsOf: fixture("written.ckpt"))
    #expect(read.root == Self.checkpoint.root)
    #expect(try read.weights() == Self.checkpoint.weights())
  }

  @Test(arguments: ["types.pt", "views.pt", "mixmo.ckpt", "legacy-mixmo.ckpt"])
  func `what PyTorch saved is the same after we saved it again`(name: String) throws {
    let folder = try TemporaryFolder()
    let original = try Checkpoint(contentsOf: fixture("read/\(name)"))
    let url = folder.file("again.ckpt")
    try original.write(to: url)
    #expect(try Checkpoint(contentsOf: url).root == original.root)
  }

  @Test func `a storage that tensors share is written once`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("views.pt")
    try Checkpoint(contentsOf: fixture("read/views.pt")).write(to: url)
    let storages = try ZipArchive(contentsOf: url).members.filter { $0.name.contains("/data/") }
    #expect(storages.map(\.byteCount) == [96])
  }

  @Test func `memory of another object is written from where it is`() throws {
    final class Owner {
      let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: 3)
      deinit { memory.deallocate() }
    }
    let folder = try TemporaryFolder()
    let url = folder.file("owned.pt")
    let owner = Owner()
    _ = owner.memory.initialize(from: [1, 2, 3])
    let tensor = CheckpointTensor([3], UnsafeBufferPointer(owner.memory), ownedBy: owner)
    try Checkpoint(["a": .tensor(tensor)]).write(to: url)
    #expect(try Checkpoint(contentsOf: url).weights()["a"]?.floats() == [1, 2, 3])
  }

  @Test func `values that cannot be written are refused, and the old file stays`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("a.ckpt")
    try Checkpoint(["epoch": 1]).write(to: url)
    let old = try Data(contentsOf: url)
    let opaque = CheckpointError(
      file: url.path, location: "a/1", problem: .opaqueValue("numpy.ndarray"))
    #expect(throws: opaque) {
      try Checkpoint(["a": [0, .opaque("numpy.ndarray")]]).write(to: url)
    }
    let twice = CheckpointError(file: url.path, location: "a", problem: .duplicateKey("b"))
    #expect(throws: twice) { try Checkpoint(["a": ["b": 1, "b": 2]]).write(to: url) }
    #expect(try Data(contentsOf: url) == old)
    let nowhere = folder.file("missing/a.ckpt")
    #expect(throws: FileError.unwritable(nowhere, ENOENT)) {
      try Checkpoint(["epoch": 1]).write(to: nowhere)
    }
  }
}
