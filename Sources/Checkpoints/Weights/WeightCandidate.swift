import Formats

/// A dictionary of a checkpoint that holds tensors.
struct WeightCandidate {
  /// The keys that lead to it; list elements count by their index.
  let path: [CheckpointKey]
  let items: [CheckpointItem]

  /// The name of the file's own dictionary.
  static let wholeFile = "."

  /// The path as `inspect` prints it and as `--weights` takes it.
  var name: String { Self.name(path) }

  /// The name of what has a path of keys, and of the entries of it whose names begin with `prefix`.
  static func name(_ path: [CheckpointKey], prefix: String = "") -> String {
    let keys = path.map(\.description) + (prefix.isEmpty ? [] : [String(prefix.dropLast())])
    return keys.isEmpty ? wholeFile : keys.joined(separator: ".")
  }

  /// All dictionaries in `root` with a tensor, or something like one, that has a name.
  static func all(in root: CheckpointValue) -> [WeightCandidate] {
    var found: [WeightCandidate] = []
    add(root, path: [], to: &found)
    return found
  }

  /// The depth of values is bounded where they are read.
  private static func add(
    _ value: CheckpointValue, path: [CheckpointKey], to found: inout [WeightCandidate]
  ) {
    switch value {
    case .dictionary(let items), .orderedDictionary(let items):
      if items.contains(where: \.isNamedTensor) {
        found.append(WeightCandidate(path: path, items: items))
      }
      for item in items { add(item.value, path: path + [item.key], to: &found) }
    case .list(let elements):
      for (index, element) in elements.enumerated() {
        add(element, path: path + [.int(index)], to: &found)
      }
    default: break
    }
  }

  /// The names of what stands beside the dictionary and those around it.
  func neighbors(in root: CheckpointValue) -> [String] {
    var names: [String] = []
    var value = root
    for (depth, key) in path.enumerated() {
      let above = Array(path[..<depth])
      names += (value.items ?? []).map(\.key).filter { $0 != key }
        .map { Self.name(above + [$0]) }
      guard let next = value[key] else { break }
      value = next
    }
    return names
  }

  // MARK: Without a network to compare with

  /// Whether the dictionary may be a network's state: nothing but named tensors, not of an optimizer,
  /// a loss or the like.
  var isPure: Bool { isPlausible && items.allSatisfy(\.isNamedTensor) }

  /// Whether most of its entries are named tensors, though not all.
  var isMixed: Bool {
    isPlausible && 2 * items.count(where: \.isNamedTensor) > items.count
  }

  /// Whether a name is one that PyTorch gives to the tensors of a layer.
  var looksLikeNetwork: Bool {
    let last: Set<Substring> = ["weight", "bias", "running_mean", "running_var"]
    return items.contains { item in
      guard case .string(let name) = item.key else { return false }
      return name.split(separator: ".").last.map(last.contains) ?? false
    }
  }

  private var isPlausible: Bool {
    path.allSatisfy { key in
      guard case .string(let name) = key else { return false }
      let words = [
        "optim", "sched", "scaler", "criterion", "loss", "rng", "random", "momentum", "grad",
      ]
      return !words.contains { name.lowercased().contains($0) }
    }
  }
}

extension CheckpointItem {
  /// The name and the tensor, if it is one.
  var namedTensor: StateDictionary.Entry? {
    guard case .string(let name) = key, case .tensor(let tensor) = value else { return nil }
    return StateDictionary.Entry(name, tensor)
  }

  fileprivate var isNamedTensor: Bool { namedTensor != nil }
}
