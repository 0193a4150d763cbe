import Checkpoints
import Formats
import Foundation
import TestSupport
import Testing

/// Intact archives with contents that PyTorch would not write.
struct HostileCheckpointTests {
  /// A tensor of four floats, with parts of its pickle replaced.
  private struct Tensor {
    var callee = PickleGlobal("torch._utils", "_rebuild_tensor_v2")
    var tag = "storage"
    var storageClass = PickleGlobal("torch", "FloatStorage")
    var key = "0"
    var count = 4
    var offset = 0
    var shape = [4]
    var strides = [1]
    var further: [PickleValue] = [.bool(false), .orderedDictionary([])]

    var pickled: PickleValue {
      let identifier: [PickleValue] = [
        .string(tag), .global(storageClass), .string(key), .string("cpu"), .int(count),
      ]
      let arguments: [PickleValue] =
        [
          .persistent(.tuple(identifier)), .int(offset), .tuple(shape.map(PickleValue.int)),
          .tuple(strides.map(PickleValue.int)),
        ] + further
      return .object(PickleObject(callee: callee, arguments: arguments))
    }
  }

  private let storage: [UInt8] = (0..<16).map { $0 }

  private func members(
    _ value: PickleValue, byteOrder: String = "little"
  ) -> [(name: String, bytes: [UInt8])] {
    [
      ("archive/data.pkl", PickleWriter.bytes(of: value)),
      ("archive/byteorder", Array(byteOrder.utf8)), ("archive/data/0", storage),
    ]
  }

  private func dictionary(_ tensors: Tensor...) -> PickleValue {
    .dictionary(
      tensors.enumerated().map { PickleItem(key: .string("w\($0)"), value: $1.pickled) })
  }

  private func expect(
    _ members: [(name: String, bytes: [UInt8])], at location: String?,
    _ problem: CheckpointError.Problem, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("hostile.pt")
    try ZipArchive.write(members, to: url)
    let error = CheckpointError(file: url.path, location: location, problem: problem)
    #expect(throws: error, sourceLocation: sourceLocation) { try Checkpoint(contentsOf: url) }
  }

  /// A file that is read, while its tensor is not.
  private func expectOpaque(
    _ tensor: Tensor, _ kind: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("hostile.pt")
    try ZipArchive.write(
      members(
        .dictionary([
          PickleItem(key: .string("model"), value: dictionary(tensor))
        ])), to: url)
    let checkpoint = try Checkpoint(contentsOf: url)
    #expect(
      checkpoint.root["model"]?["w0"] == .opaque(kind), sourceLocation: sourceLocation)
    let problem = CheckpointError.Problem.notAWeight(found: "a \(kind)")
    let error = CheckpointError(file: url.path, location: "model/w0", problem: problem)
    #expect(throws: error, sourceLocation: sourceLocation) { try checkpoint.weights() }
    let network = [NetworkTensor("w0", shape: [4])]
    #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try checkpoint.weights(for: network)
    }
  }

  @Test func `the tensor that the others differ from is read`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("plain.pt")
    try ZipArchive.write(members(dictionary(Tensor())), to: url)
    #expect(try Checkpoint(contentsOf: url).weights()["w0"]?.shape == [4])
  }

  @Test func `views beyond their storage, or impossible ones`() throws {
    func expectView(
      _ tensor: Tensor, _ problem: CheckpointError.Problem,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      try expect(
        members(dictionary(tensor)), at: "w0", problem, sourceLocation: sourceLocation)
    }
    try expectView(Tensor(offset: 1), .viewBeyondStorage(expected: 5, found: 4))
    try expectView(Tensor(strides: [2]), .viewBeyondStorage(expected: 7, found: 4))
    try expectView(
      Tensor(offset: -1), .malformedView(shape: [4], strides: [1], offset: -1))
    try expectView(
      Tensor(offset: 3, strides: [-1]), .malformedView(shape: [4], strides: [-1], offset: 3))
    try expectView(
      Tensor(shape: [-4]), .malformedView(shape: [-4], strides: [1], offset: 0))
    try expectView(
      Tensor(strides: []), .malformedView(shape: [4], strides: [], offset: 0))
    let huge = 1 << 62
    try expectView(
      Tensor(shape: [huge, 4], strides: [0, 0]),
      .malformedView(shape: [huge, 4], strides: [0, 0], offset: 0))
    try expectView(
      Tensor(shape: [0, huge, 4], strides: [0, 0, 0]),
      .malformedView(shape: [0, huge, 4], strides: [0, 0, 0], offset: 0))
    try expectView(
      Tensor(shape: [3], strides: [huge]),
      .malformedView(shape: [3], strides: [huge], offset: 0))
  }

  @Test func `views that repeat their storage are read, but not copied beyond the limit`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("expanded.pt")
    let vast = Tensor(shape: [1 << 40], strides: [0])
    let many = Tensor(shape: [1 << 26], strides: [0])
    let overlapping = Tensor(shape: [2, 1 << 30, 1 << 30], strides: [2, 0, 0])
    for tensors in [
      dictionary(vast), dictionary(many, many), dictionary(overlapping, Tensor()),
    ] {
      try ZipArchive.write(
        members(.dictionary([PickleItem(key: .string("a"), value: tensors)])), to: url)
      let checkpoint = try Checkpoint(contentsOf: url)
      let weights = try checkpoint.weights()
      #expect(!weights.entries.map(\.tensor).areCopyable)
      let network = weights.entries.map { NetworkTensor($0.name, shape: nil) }
      #expect(try checkpoint.weights(for: network).name == "a")
      let copy = folder.file("copy.safetensors")
      let error = CheckpointError(file: copy.path, location: nil, problem: .tooManyRepeats)
      #expect(throws: error) {
        try Checkpoint(weights.value, file: "x").write(to: copy, format: .safeTensors)
      }
      // PyTorch's format has the storages, and views of them.
      let small = folder.file("copy.pt")
      try checkpoint.write(to: small)
      #expect(try Data(contentsOf: small).count < 4000)
      let copied = try Checkpoint(contentsOf: small).weights().entries
      #expect(copied.map(\.tensor.shape) == weights.entries.map(\.tensor.shape))
      #expect(copied.map(\.tensor.strides) == weights.entries.map(\.tensor.strides))
    }
    let few = dictionary(Tensor(shape: [1 << 21], strides: [0]), Tensor())
    try ZipArchive.write(members(few), to: url)
    #expect(try Checkpoint(contentsOf: url).weights().entries.map(\.tensor).areCopyable)
  }

  @Test func `keys that are too long, not text, or equal as text alone`() throws {
    let long = String(repeating: "k", count: 1025)
    func item(_ key: PickleValue) -> PickleItem { PickleItem(key: key, value: .none) }
    func root(_ keys: PickleValue...) throws -> CheckpointValue {
      let folder = try TemporaryFolder()
      let value = PickleValue.dictionary(keys.map(item))
      try ZipArchive.write(
        members(.dictionary([PickleItem(key: .string("a"), value: value)])),
        to: folder.file("keys.pt"))
      return try Checkpoint(contentsOf: folder.file("keys.pt")).root
    }
    try expect(
      members(dictionary(Tensor(key: long))), at: "archive/data.pkl", .keyTooLong(1025))
    let longest = String(long.dropLast())
    #expect(try root(.string(longest)) == ["a": [.string(longest): .none]])
    #expect(try root(.string(long)) == ["a": [.other("text", 0): .none]])
    #expect(try root(.bytes([0x6B])) == ["a": ["k": .none]])
    #expect(
      try root(.bytes(Array(long.utf8)), .none, .tuple([.int(1)]), .float(0.5), .bool(true))
        == [
          "a": [
            .other("bytes", 0): .none, .other("None", 1): .none, .other("tuple", 2): .none,
            .other("float", 3): .none, .other("bool", 4): .none,
          ]
        ])
    #expect(
      try root(.string("k"), .bytes([0x6B])) == ["a": ["k": .none, .other("bytes", 1): .none]])
    #expect(
      try root(.bytes([0x6B]), .string("k")) == ["a": ["k": .none, .other("text", 1): .none]])
    let surrogates = PickleValue.surrogates([0x61, 0xED, 0xA0, 0x80])
    #expect(
      try root(surrogates, .string("a"))
        == ["a": [.other("text with a lone surrogate", 0): .none, "a": .none]])
    for key in [PickleValue.bytes([0x6B]), .string("k"), .int(3)] {
      let error = #expect(throws: CheckpointError.self) { try root(key, key) }
      guard case .duplicateKey? = error?.problem else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
  }

  @Test func `storages that differ from their description`() throws {
    try expect(
      members(dictionary(Tensor(count: 5))), at: "archive/data/0",
      .wrongStorageSize(expected: 20, found: 16))
    try expect(
      members(dictionary(Tensor(count: 1 << 60))), at: "archive/data/0",
      .wrongStorageSize(expected: 1 << 62, found: 16))
    try expect(
      members(dictionary(Tensor(count: 1 << 62))), at: "archive/data.pkl",
      .malformedTensor(expected: "a storage of a possible size"))
    try expect(
      members(dictionary(Tensor(count: -1))), at: "archive/data.pkl",
      .malformedTensor(expected: "a storage"))
    try expectOpaque(
      Tensor(tag: "module"), "tensor without a storage in the file, a special tensor")
    try expectOpaque(
      Tensor(storageClass: PickleGlobal("torch.storage", "UntypedStorage"), count: 16),
      "UntypedStorage tensor")
    try expectOpaque(
      Tensor(storageClass: PickleGlobal("torch", "ComplexFloatStorage"), count: 2),
      "ComplexFloatStorage tensor")
    try expectOpaque(Tensor(storageClass: PickleGlobal("os", "system")), "system tensor")
    let integers = Tensor(storageClass: PickleGlobal("torch", "IntStorage"))
    try expect(
      members(dictionary(Tensor(), integers)), at: "archive/data.pkl",
      .conflictingStorage(key: "0"))
    let floats = Tensor(key: "1", count: 0, shape: [0])
    var empty = floats
    (empty.storageClass, empty.shape) = (PickleGlobal("torch", "LongStorage"), [2, 0])
    empty.strides = [1, 1]
    let folder = try TemporaryFolder()
    try ZipArchive.write(
      members(dictionary(floats, empty)) + [("archive/data/1", [])], to: folder.file("empty.pt"))
    let root = try Checkpoint(contentsOf: folder.file("empty.pt")).root
    guard case .tensor(let second)? = root["w1"] else {
      Issue.record("no tensor")
      return
    }
    #expect(root["w0"] == .tensor(CheckpointTensor([0], [] as [Float])))
    #expect(second.elementType == .int64 && second.shape == [2, 0])
  }

  @Test func `tensors made by anything but the one function`() throws {
    try expect(
      members(dictionary(Tensor(callee: PickleGlobal("torch._utils", "_rebuild_parameter")))),
      at: "w0", .malformedTensor(expected: "a call that rebuilds it"))
    let negated = PickleItem(key: .string("neg"), value: .bool(true))
    try expectOpaque(
      Tensor(further: [.bool(false), .none, .dictionary([negated])]),
      "negated or conjugated tensor")
  }

  @Test func `a missing storage, a duplicate key, an unknown byte order`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("hostile.pt")
    try ZipArchive.write(members(dictionary(Tensor(key: "../../0"))), to: url)
    let missing = ZipError(file: url.path, member: "archive/data/../../0", problem: .missing)
    #expect(throws: missing) { try Checkpoint(contentsOf: url) }
    let item = PickleItem(key: .string("w"), value: Tensor().pickled)
    try expect(members(.dictionary([item, item])), at: nil, .duplicateKey("w"))
    try expect(
      members(dictionary(Tensor()), byteOrder: "middle"), at: "archive/byteorder",
      .unsupportedByteOrder("middle"))
  }

  @Test func `archives without a pickle or with two`() throws {
    try expect([("archive/other", [1])], at: nil, .noDataPickle(members: ["archive/other"]))
    let pickle = PickleWriter.bytes(of: .none)
    try expect(
      [("a/data.pkl", pickle), ("b/data.pkl", pickle)], at: nil,
      .noDataPickle(members: ["a/data.pkl", "b/data.pkl"]))
    let message = CheckpointError.Problem.noDataPickle(members: ["model.pt"]).description
    #expect(
      message
        == "not a PyTorch checkpoint: expected one folder with data.pkl in the archive, found "
        + "model.pt; if one of these is the checkpoint, unpack the archive and name that file")
  }

  @Test func `a pickle that calls something has no weights, and the message names the function`()
    throws
  {
    let folder = try TemporaryFolder()
    let url = folder.file("hostile.pt")
    let mark = folder.file("mark").path
    for callee in ["os\nsystem", "builtins\neval", "torch._utils\n_rebuild_tensor_v4"] {
      let pickle = Array("\u{80}\u{2}c\(callee)\nX".unicodeScalars).map { UInt8($0.value) }
      let command = Array("touch \(mark)".utf8)
      try ZipArchive.write(
        [
          (
            "archive/data.pkl",
            pickle + [UInt8(command.count), 0, 0, 0] + command + [0x85, 0x52, 0x2E]
          )
        ],
        to: url)
      let checkpoint = try Checkpoint(contentsOf: url)
      #expect(!FileManager.default.fileExists(atPath: mark))
      let name = callee.replacing("\n", with: ".").replacing("builtins.", with: "")
      let error = CheckpointError(
        file: url.path, location: nil, problem: .noDictionary(found: "a value of \(name)"))
      #expect(throws: error) { try checkpoint.weights() }
      #expect(throws: error) { try checkpoint.weights(for: [NetworkTensor("w", shape: [1])]) }
    }
  }

  @Test func `modules that refer to one another many times are followed a bounded number of times`()
    throws
  {
    // 40 modules, each with two references to the next, describe 2^40.
    func module(_ modules: [PickleItem]) -> PickleValue {
      let state: [PickleItem] = [
        PickleItem(key: .string("_parameters"), value: .dictionary([])),
        PickleItem(key: .string("_buffers"), value: .dictionary([])),
        PickleItem(key: .string("_modules"), value: .dictionary(modules)),
      ]
      return .object(
        PickleObject(
          callee: PickleGlobal("__main__", "Net"), arguments: [], state: .dictionary(state)))
    }
    // Written by hand, because the writer has no memo.
    var bytes: [UInt8] = [0x80, 2]
    func text(_ text: String) -> [UInt8] {
      [0x58, UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8)
    }
    for level in UInt8(0)..<16 {
      bytes += Array("c__main__\nNet\n)".utf8) + [0x81] + Array("}(".utf8)
      bytes += text("_parameters") + Array("}".utf8) + text("_buffers") + Array("}".utf8)
      bytes += text("_modules") + Array("}".utf8)
      if level > 0 {
        bytes += Array("(".utf8)
        for name in ["a", "b"] { bytes += text(name) + [0x68, level - 1] }
        bytes += Array("u".utf8)
      }
      bytes += Array("ub".utf8) + [0x71, level] + (level < 15 ? [0x30] : [])
    }
    let folder = try TemporaryFolder()
    let url = folder.file("hostile.pt")
    try ZipArchive.write([("archive/data.pkl", bytes + [0x2E])], to: url)
    #expect(try Checkpoint(contentsOf: url).root == .opaque("__main__.Net"))
    try ZipArchive.write(members(module([])), to: url)
    #expect(try Checkpoint(contentsOf: url).root == .opaque("__main__.Net"))
  }

  @Test func `a history of the loss of 100,000 steps is read beside small weights`() throws {
    let losses = PickleValue.list(Array(repeating: .float(0.5), count: 100_000))
    let url = try TemporaryFolder().file("history.pt")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try ZipArchive.write(members(.list([losses, Tensor().pickled])), to: url)
    guard case .list(let parts) = try Checkpoint(contentsOf: url).root,
      case .list(let read) = parts.first
    else {
      Issue.record("no list")
      return
    }
    #expect(read.count == 100_000)
  }

  @Test func `messages have no control characters of the file`() {
    for name in ["a\u{13}\nb", "\u{1B}[2J"] {
      let error = CheckpointError(
        file: "x\u{7}.pt", location: "k\0", problem: .opaqueValue(name))
      #expect(!error.description.unicodeScalars.contains { $0.value < 32 })
    }
  }

  @Test func `as many tensors are read as a file holds`() throws {
    let tensor = Tensor().pickled
    let item = PickleValue.list(Array(repeating: tensor, count: 40_000))
    let folder = try TemporaryFolder()
    let url = folder.file("many.pt")
    try ZipArchive.write(members(item), to: url)
    guard case .list(let tensors) = try Checkpoint(contentsOf: url).root else {
      Issue.record("no list")
      return
    }
    #expect(tensors.count == 40_000 && tensors.last == tensors.first)
  }

  @Test func `the weights are read despite unsupported numbers of NumPy`() throws {
    let state: PickleValue = .tuple([.int(3), .string("<")])
    let type = PickleValue.object(
      PickleObject(callee: .elementType, arguments: [.string("c8")], state: state))
    let scalar = PickleObject(callee: .scalar[1], arguments: [type, .bytes([0, 0, 0, 0])])
    let items = [
      PickleItem(key: .string("c"), value: .object(scalar)),
      PickleItem(key: .string("model"), value: dictionary(Tensor())),
    ]
    let folder = try TemporaryFolder()
    try ZipArchive.write(members(.dictionary(items)), to: folder.file("a.pt"))
    let checkpoint = try Checkpoint(contentsOf: folder.file("a.pt"))
    #expect(try checkpoint.weights().entries.count == 1)
    #expect(checkpoint.nonWeightKeys == ["c"])
  }
}
