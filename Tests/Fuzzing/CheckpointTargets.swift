import Checkpoints
import Formats
import Foundation
import Networks

extension Target {
  /// Zip files as they come; their checksums stop most of what is mutated.
  static let torch = Target(
    name: "torch", maximumLength: 4500,
    seeds: { try checkpoints { !$0.name.hasPrefix("legacy") } },
    read: read)

  /// The members of a zip file, which is made of them.
  static let torchMembers = Target(
    name: "torch-members", maximumLength: 4096, words: pickleWords + storageWords,
    seeds: {
      try checkpoints().compactMap { seed in
        MemberList(ofArchive: seed.bytes).map { Seed(name: seed.name, bytes: $0.bytes) }
      }
    },
    read: { input in
      input.file.hold(MemberList(input.bytes).archive)
      try read(input)
    })

  static let torchLegacy = Target(
    name: "torch-legacy", maximumLength: 4096, words: pickleWords + storageWords,
    seeds: { try checkpoints { $0.name.hasPrefix("legacy") } },
    read: read)

  static let safetensors = Target(
    name: "safetensors", maximumLength: 2048,
    words: ElementType.safeTensorsTypes.compactMap(\.safeTensorsName).map { "\"\($0)\"" } + [
      "\"F8_E4M3\"", "\"F4\"", "\"C64\"", "\"dtype\":", "\"shape\":[", "\"data_offsets\":[",
      "\"__metadata__\":{", "\\ud83d\\ude00",
      "[0,0]", "9223372036854775807",
    ],
    seeds: {
      try Seed.fixtures("FormatsTests/Fixtures/safetensors")
        + Seed.fixtures("CheckpointsTests/Fixtures/read", endingIn: "safetensors")
    },
    read: { input in
      let file = try SafeTensorsFile(contentsOf: input.url)
      for tensor in file.tensors {
        _ = tensor.withBytes { $0.reduce(0) { $0 &+ Int($1) } }
      }
      if input.isChosen {
        try SafeTensorsFile.write(file.tensors, metadata: file.metadata, to: input.output)
        let copy = try SafeTensorsFile(contentsOf: input.output)
        precondition(copy.metadata == file.metadata)
        precondition(Set(copy.tensors.map(\.name)) == Set(file.tensors.map(\.name)))
      }
      try read(input)
    })

  private static let storageWords = ["data.pkl", "data/0", "byteorder", "little", "big"]

  private static func checkpoints(
    where isWanted: (Seed) -> Bool = { _ in true }
  ) throws -> [Seed] {
    try Seed.fixtures("CheckpointsTests/Fixtures/read").filter(isWanted)
      .filter { !$0.name.hasSuffix("safetensors") }
      + Seed.fixtures("CheckpointsTests/Fixtures", endingIn: "ckpt").filter(isWanted)
      + neighbors("neighbors").filter(isWanted) + neighbors("random-neighbors").filter(isWanted)
  }

  /// Weights with an object of each of many kinds beside them, or with random ones beside and around
  /// them; those that are not too long.
  private static func neighbors(_ name: String) throws -> [Seed] {
    struct Row: Decodable {
      let kind: String?
      let seed: Int?
      let form: String
      let size: Int
    }
    func content(_ end: String) throws -> [UInt8] {
      try Seed.fixtures("CheckpointsTests/Fixtures", endingIn: end)
        .first { $0.name == "\(name).\(end)" }?.bytes ?? []
    }
    let file = MemoryFile()
    file.hold(try content("zip"))
    var bytes = try ZipArchive(contentsOf: file.url).bytes(of: "files", atMost: 1 << 26)[...]
    let rows = try JSONDecoder().decode([Row].self, from: Data(content("json")))
    return rows.compactMap { row in
      defer { bytes = bytes.dropFirst(row.size) }
      guard row.size <= 4500 else { return nil }
      let kind = row.kind ?? "random-\(row.seed ?? 0)"
      return Seed(name: "\(row.form)-\(kind)", bytes: Array(bytes.prefix(row.size)))
    }
  }

  /// A network whose weights some of the seeds hold.
  private static let network = [
    NetworkTensor("weight", shape: [2, 2]), NetworkTensor("bias", shape: [2]),
    NetworkTensor("num_batches_tracked", shape: nil, isOptional: true),
  ]

  private static func read(_ input: Input) throws {
    let checkpoint = try Checkpoint(contentsOf: input.url)
    let isWritable = use(checkpoint.root)
    if let weights = input.attempt({ try checkpoint.weights() }) {
      separateFeatures(weights)
      _ = input.attempt { try weights.tensors(matching: [("conv1.weight", [16, 3, 3, 3])]) }
    }
    if let found = input.attempt({ try checkpoint.weights(for: network) }) {
      precondition(found.weights["weight"]?.shape == [2, 2])
      let again = input.attempt { try checkpoint.weights(for: network, named: found.name) }
      precondition(again.map { $0.name == found.name } ?? true)
    }
    for row in CheckpointOutline(checkpoint).rows {
      input.attempt { _ = try checkpoint.foundWeights(named: row.name) }
    }
    guard input.isChosen else { return }
    if checkpoint.root.items != nil {
      try checkpoint.writable.checkpoint.write(to: input.output)
      _ = try Checkpoint(contentsOf: input.output)
    }
    // A file of safetensors holds tensors alone; a checkpoint that does not is refused.
    input.attempt { try checkpoint.write(to: input.output, format: .safeTensors) }
    do {
      try checkpoint.write(to: input.output)
    } catch let error as CheckpointError {
      guard !isWritable else { fatalError("cannot write what was read: \(error)") }
      return input.check(error)
    }
    // The files are compared, because a number that is not one never equals itself.
    let written = try Data(contentsOf: input.output)
    try Checkpoint(contentsOf: input.output).write(to: input.output)
    let again = try Data(contentsOf: input.output)
    precondition(again == written, "written differently again")
  }
}

/// What `mixmo inspect` computes of the weights.
private func separateFeatures(_ weights: StateDictionary) {
  let filters = weights.entries.filter { $0.tensor.count <= 1 << 16 }.compactMap { entry in
    FeatureSeparation.Filters(
      entry.name, shape: entry.tensor.shape, weights: entry.tensor.floats())
  }
  _ = FeatureSeparation(filters)
}

/// Reads all the elements of tensors that are not too large for a quick run, and returns whether
/// the value can be written.
private func use(_ value: CheckpointValue) -> Bool {
  switch value {
  case .none, .bool, .int, .double, .string: return true
  case .opaque: return false
  case .list(let values): return values.reduce(true) { use($1) && $0 }
  case .dictionary(let items), .orderedDictionary(let items):
    return items.reduce(true) { isWritable, item in
      let isKnownKey = if case .other = item.key { false } else { true }
      return use(item.value) && isKnownKey && isWritable
    }
  case .tensor(let tensor):
    if tensor.count <= 1 << 16 {
      precondition(tensor.floats().count == tensor.count)
      precondition(tensor.integers().map { $0.count == tensor.count } ?? true)
    }
    return true
  }
}
