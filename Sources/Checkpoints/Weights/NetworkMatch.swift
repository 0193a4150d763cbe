import Formats

/// A tensor that a network takes from a checkpoint.
public struct NetworkTensor: Sendable {
  /// The name, such as `layer1.0.conv1.weight`.
  public var name: String
  /// The extent of each dimension; nil if any will do.
  public var shape: [Int]?
  /// Whether the network can do without it.
  public var isOptional: Bool

  /// Creates a requirement.
  public init(_ name: String, shape: [Int]?, isOptional: Bool = false) {
    self.name = name
    self.shape = shape
    self.isOptional = isOptional
  }
}

/// How a dictionary of a checkpoint, with a prefix that is dropped, compares with a network.
struct NetworkMatch {
  let candidate: WeightCandidate
  let prefix: String
  private(set) var entries: [StateDictionary.Entry] = []
  private(set) var missing: [String] = []
  private(set) var unexpected: [String] = []
  private(set) var shapes: [CheckpointError.ShapeMismatch] = []
  private(set) var unusable: [String] = []
  /// Entries that are no part of the network, with what they are if they are no tensors.
  private(set) var leftOut: [String] = []

  var name: ValueName { ValueName(candidate.path, prefix: prefix) }
  var hasAll: Bool { missing.isEmpty && shapes.isEmpty && unusable.isEmpty }
  var fits: Bool { hasAll && unexpected.isEmpty }

  var problem: CheckpointError.Problem {
    .mismatch(missing: missing, unexpected: unexpected, shapes: shapes, unusable: unusable)
  }

  /// Whether `--weights` means the dictionary, or the part of it with the prefix.
  func isNamed(_ name: String) -> Bool { self.name.matches(name) || candidate.name.matches(name) }

  /// Whether most of the network's tensors are there, so that the dictionary may be meant.
  func isNear(_ network: [NetworkTensor]) -> Bool { 2 * entries.count > network.count }

  /// Whether the dictionary is at least as much like the network's as another's.
  func isNearer(than other: NetworkMatch) -> Bool { likeness >= other.likeness }

  private var likeness: (Int, Int, Int) { (hasAll ? 1 : 0, entries.count, -unexpected.count) }

  /// Whether both have the same bits for each tensor; no if they are too large to compare.
  func hasEqualTensors(_ other: NetworkMatch) -> Bool {
    entries.map(\.tensor).areCopyable && other.entries.map(\.tensor).areCopyable
      && entries == other.entries
  }

  private init(_ candidate: WeightCandidate, prefix: String) {
    self.candidate = candidate
    self.prefix = prefix
  }

  /// The comparisons of a dictionary with a network, one for each prefix that any of the network's
  /// names has in it.
  static func all(_ candidate: WeightCandidate, _ network: [NetworkTensor]) -> [NetworkMatch] {
    var named: [String: CheckpointValue] = [:]
    for item in candidate.items {
      if case .string(let name) = item.key { named[name] = item.value }
    }
    let required = Set(network.filter { !$0.isOptional }.map(\.name))
    let counts = prefixes(of: named.keys, before: required)
    let complete = counts.filter { $0.value == required.count }.map(\.key)
    // Prefixes with fewer names are only of interest for what is missing: the best one is.
    let nearest = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }.map(\.key)
    let chosen =
      complete.isEmpty ? [nearest ?? ""] : Array(complete.sorted().prefix(maximumPrefixCount))
    return chosen.map { prefix in
      var match = NetworkMatch(candidate, prefix: prefix)
      match.take(network, from: named)
      match.classify(network, otherPrefixes: chosen.filter { $0 != prefix })
      return match
    }
  }

  /// The most prefixes of one dictionary that are told apart.
  private static let maximumPrefixCount = 64
  /// The most components that a prefix has.
  private static let maximumPrefixLength = 16

  /// How many of the required names follow each prefix, which is empty or ends in a point.
  private static func prefixes(
    of names: some Collection<String>, before required: Set<String>
  ) -> [String: Int] {
    var counts: [String: Int] = [:]
    for name in names {
      var start = name.startIndex
      for _ in 0...maximumPrefixLength {
        if required.contains(String(name[start...])) {
          counts[String(name[..<start]), default: 0] += 1
        }
        guard let point = name[start...].firstIndex(of: ".") else { break }
        start = name.index(after: point)
      }
    }
    return counts
  }

  private mutating func take(_ network: [NetworkTensor], from named: [String: CheckpointValue]) {
    for wanted in network {
      guard let value = named[prefix + wanted.name] else {
        if !wanted.isOptional { missing.append(wanted.name) }
        continue
      }
      guard case .tensor(let tensor) = value else {
        if !wanted.isOptional { unusable.append("\(wanted.name) (\(value.kind))") }
        continue
      }
      if let shape = wanted.shape, shape != tensor.shape {
        shapes.append(.init(name: wanted.name, expected: shape, found: tensor.shape))
      } else if !wanted.isOptional, !tensor.elementType.isFloatingPoint {
        // Integers stand for other numbers, such as quantized ones without their scale.
        unusable.append("\(wanted.name) (a tensor of \(tensor.elementType))")
      } else {
        entries.append(.init(wanted.name, tensor))
      }
    }
  }

  /// Sorts the other entries: no part of the network, or unexpected in it.
  private mutating func classify(_ network: [NetworkTensor], otherPrefixes: [String]) {
    let expected = Set(network.map(\.name))
    for item in candidate.items {
      guard case .string(let full) = item.key, full.hasPrefix(prefix) else {
        leftOut.append(item.description)
        continue
      }
      let name = String(full.dropFirst(prefix.count))
      if expected.contains(name) { continue }
      let isOfOther = otherPrefixes.contains { other in
        guard full.hasPrefix(other) else { return false }
        return other.count > prefix.count || expected.contains(String(full.dropFirst(other.count)))
      }
      if isOfOther || Self.isBeside(name) || !item.value.isOfTensorKind {
        leftOut.append(item.description)
      } else {
        unexpected.append(name)
      }
    }
  }

  /// Whether an entry of this name stands beside a network's tensors: a counter of averaged weights, or
  /// a tensor of a loss.
  private static func isBeside(_ name: String) -> Bool {
    let parts = name.split(separator: ".")
    guard let first = parts.first?.lowercased(), let last = parts.last else { return true }
    if last == "num_batches_tracked" || first.contains("criterion") || first.contains("loss") {
      return true
    }
    return parts.count == 1 && counters.contains(first)
  }

  private static let counters: Set<String> = [
    "n_averaged", "decay", "num_updates", "updates", "epoch", "step", "global_step", "iteration",
  ]
}

extension CheckpointItem {
  /// The key, with what the value is if it is no tensor.
  var description: String {
    if case .tensor = value { return key.description }
    return "\(key.description) (\(value.kind))"
  }
}

extension CheckpointValue {
  /// Whether the value is a tensor or one that was not read.
  var isOfTensorKind: Bool {
    switch self {
    case .tensor: true
    case .opaque(let name): name.hasSuffix(" tensor")
    default: false
    }
  }
}
