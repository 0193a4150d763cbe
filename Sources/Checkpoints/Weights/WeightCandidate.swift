import Formats

/// A dictionary of a checkpoint that holds tensors.
struct WeightCandidate {
  /// The keys that lead to it; list elements count by their index.
  let path: [CheckpointKey]
  let items: [CheckpointItem]

  /// The path as `inspect` prints it and as `--weights` takes it.
  var name: ValueName { ValueName(path) }

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
      for (index, element) in elements.enumerated() where element.mayHoldDictionaries {
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
      names += value.children.map(\.key).filter { $0 != key }
        .map { ValueName(above + [$0]).dotted }
      guard let next = value.children.first(where: { $0.key == key }) else { break }
      value = next.value
    }
    return names
  }

  /// Whether both have the same entries; no if they are too large to compare.
  func hasEqualItems(_ other: WeightCandidate) -> Bool {
    let tensors = [items, other.items].map { $0.compactMap { $0.namedTensor?.tensor } }
    return tensors.allSatisfy(\.areCopyable) && items == other.items
  }

  /// The entries whose names begin with a prefix, where the dictionary's name and the prefix make up
  /// `name`.
  func parts(named name: String) -> [(part: WeightCandidate, prefix: String)] {
    let names = path.isEmpty ? [""] : [self.name.dotted + ".", self.name.subscripts + "."]
    let starts = Set(names).union(path.isEmpty ? ["."] : [])
    return starts.sorted().filter(name.hasPrefix).compactMap { start in
      let prefix = name.dropFirst(start.count) + "."
      let part = items.filter { item in
        if case .string(let full) = item.key { full.hasPrefix(prefix) } else { false }
      }
      return part.isEmpty ? nil : (WeightCandidate(path: path, items: part), String(prefix))
    }
  }

  /// The name of an entry, with what it is if it is no tensor.
  func description(of item: CheckpointItem) -> String {
    let name = ValueName(path + [item.key]).dotted
    return item.value.isOfTensorKind ? "\(name) (\(item.value.kind))" : name
  }

  // MARK: Without a network to compare with

  /// The name of the dictionary and what in it cannot be read as a tensor; nil if all can.
  var unreadable: String? {
    let others = items.filter { $0.namedTensor == nil && $0.value.isOfTensorKind }
    guard !others.isEmpty else { return nil }
    return "\(name.dotted) (\(others.map(\.description).listed(limit: 3)))"
  }

  /// Whether the dictionary may be a network's state: nothing but named tensors, not of an optimizer,
  /// a loss or the like.
  var isPure: Bool { isPlausible && items.allSatisfy(\.isNamedTensor) }

  /// Whether most of its entries are named tensors, and it is not of an optimizer, a loss or the like.
  var isMixed: Bool { isPlausible && isMostlyTensors }

  /// Whether it may be a network's state although its keys speak against it.
  var isDoubtful: Bool {
    let isOfOptimizer = path.contains("state") || hasTellingKey
    return !isPlausible && isMostlyTensors && (looksLikeNetwork || !isOfOptimizer)
  }

  private var isMostlyTensors: Bool { 2 * items.count(where: \.isNamedTensor) > items.count }

  /// Whether a name is one that PyTorch gives to the tensors of a layer.
  var looksLikeNetwork: Bool {
    let last: Set<Substring> = ["weight", "bias", "running_mean", "running_var"]
    return items.contains { item in
      guard case .string(let name) = item.key else { return false }
      return name.split(separator: ".").last.map(last.contains) ?? false
    }
  }

  /// Whether the keys that lead to it allow that it is a network's state: optimizers number theirs.
  private var isPlausible: Bool {
    let hasNumber = path.contains { if case .string = $0 { false } else { true } }
    return !hasTellingKey && (!hasNumber || looksLikeNetwork)
  }

  /// Whether a key that leads to it tells that it is no network's.
  private var hasTellingKey: Bool {
    path.contains { key in
      guard case .string(let name) = key else { return false }
      let words = [
        "optim", "sched", "scaler", "criterion", "loss", "rng", "random", "momentum", "grad",
      ]
      return words.contains { name.lowercased().contains($0) }
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

extension CheckpointValue {
  fileprivate var mayHoldDictionaries: Bool {
    switch self {
    case .dictionary, .orderedDictionary, .list: true
    default: false
    }
  }
}
