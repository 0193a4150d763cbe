import Formats

/// A network's weights, and where in a checkpoint they are.
public struct FoundWeights: Equatable, Sendable {
  /// The tensors.
  public var weights: StateDictionary
  /// The keys that lead to them, with dots between them and the prefix of names that was dropped; "."
  /// for the file's own dictionary.
  ///
  /// Where another dictionary has the same name, the keys as subscripts of
  /// Python, such as `['a.b']`.
  public var name: String
  /// Entries of their dictionary that are no part of the network.
  public var leftOut: [String]
  /// The keys of what stands beside the dictionary.
  public var beside: [String]
  /// Dictionaries that may be of the network too but cannot be its weights, with the reasons.
  public var passedOver: [String] = []

  /// A sentence about what was left out of the dictionary and which others were passed over, if any.
  package var omissions: String? {
    let sentences = [
      leftOut.isEmpty ? nil : "no part of the network, left out: \(leftOut.listed())", otherWeights,
    ].compactMap { $0 }
    return sentences.isEmpty ? nil : sentences.joined(separator: "; ")
  }

  /// A sentence about the dictionaries that were passed over, if there are any.
  package var otherWeights: String? {
    passedOver.isEmpty
      ? nil
      : "the weights are \(name.oneLine), since others are damaged or not the network's: "
        + passedOver.listed()
  }
}

extension Checkpoint {
  /// The weights of a network, wherever in the file they are.
  ///
  /// They are the entries of the one dictionary with the network's names and shapes. A prefix that all
  /// of these names share is dropped. Entries of a loss, counters of averaged weights and what is
  /// outside the prefix are left out. Dictionaries with equal tensors are one choice.
  ///
  /// - Parameters:
  ///   - network: What the network takes.
  ///   - name: The name of the dictionary to take, as in `FoundWeights.name`, if there is a choice.
  /// - Returns: The tensors under the network's names, in its order, without optional ones that are
  ///   absent.
  /// - Throws: `CheckpointError.Problem.severalWeights`, `noSuchWeights`, `noWeights`, `noDictionary`, or
  ///   `mismatch` with all that keeps the nearest dictionary from being the network's.
  public func weights(
    for network: [NetworkTensor], named name: String? = nil
  ) throws -> FoundWeights {
    let candidates = WeightCandidate.all(in: root)
    var fitting: [NetworkMatch] = []
    var near: [NetworkMatch] = []
    var nearest: NetworkMatch?
    for match in candidates.lazy.flatMap({ NetworkMatch.all($0, network) }) {
      if match.fits { fitting.append(match) } else if match.isNear(network) { near.append(match) }
      if name.map(match.isNamed) ?? true, nearest?.isNearer(than: match) != true {
        nearest = match
      }
    }
    let names = fitting.map(\.name)
    if let name, nearest == nil {
      throw problem(.noSuchWeights(name: name, choices: ValueName.texts(names)))
    }
    let asked = distinct(fitting.filter { name.map($0.isNamed) ?? true }) {
      $0.hasEqualTensors($1)
    }
    // One that was asked for by its whole name is not meant by the name of its dictionary alone.
    let exact = asked.filter { match in name.map(match.name.matches) ?? false }
    let chosen = exact.isEmpty ? asked : exact
    guard chosen.count <= 1 else {
      throw problem(.severalWeights(choices: chosen.map { $0.name.text(among: names) }))
    }
    guard let match = chosen.first else {
      throw nearest.map(mismatch) ?? missingWeights(candidates)
    }
    return FoundWeights(
      weights: StateDictionary(match.entries, file: file), name: match.name.text(among: names),
      leftOut: match.leftOut, beside: match.candidate.neighbors(in: root),
      passedOver: name == nil
        ? near.map { "\($0.name.dotted) (\($0.problem.differences))" } : [])
  }

  /// What is wrong with the dictionary that is nearest to the network's.
  private func mismatch(_ match: NetworkMatch) -> CheckpointError {
    CheckpointError(
      file: file,
      location: match.name.dotted == ValueName.wholeFile ? nil : match.name.dotted.oneLine,
      problem: match.problem)
  }

  /// The weights of whatever network the file holds.
  ///
  /// They are the one dictionary of nothing but named tensors, or else of mostly those, whose names are
  /// such as layers have, or else any names; the state of an optimizer or a loss does not count. Entries
  /// that are no tensors that can be read are left out. If all names have the prefixes `module.` or
  /// `_orig_mod.` of PyTorch's wrappers, they are removed.
  ///
  /// - Parameter name: The name of the dictionary to take, as in `FoundWeights.name`, if there is a
  ///   choice.
  /// - Returns: The tensors in the order of the file.
  /// - Throws: `CheckpointError.Problem.severalWeights`, `doubtfulWeights`, `noSuchWeights`, `noWeights`,
  ///   `noDictionary`, or `notAWeight` for an entry that is not a tensor although it should be.
  public func foundWeights(named name: String? = nil) throws -> FoundWeights {
    let candidates = WeightCandidate.all(in: root)
    if let name { return try foundWeights(named: name, in: candidates) }
    let networks = candidates.filter(\.looksLikeNetwork)
    let ranked = [
      networks.filter(\.isPure), networks.filter(\.isMixed), candidates.filter(\.isPure),
      candidates.filter(\.isMixed),
    ]
    let chosen = distinct(ranked.first { !$0.isEmpty } ?? []) { $0.hasEqualItems($1) }
    let names = candidates.map(\.name)
    guard chosen.count <= 1 else {
      throw problem(.severalWeights(choices: chosen.map { $0.name.text(among: names) }))
    }
    guard let candidate = chosen.first else { throw missingWeights(candidates) }
    var found = found(candidate, among: names)
    found.passedOver = ranked[1].filter { $0.path != candidate.path && !$0.isPure }
      .compactMap(\.unreadable)
    return found
  }

  /// The weights; see `foundWeights(named:)`.
  public func weights(named name: String? = nil) throws -> StateDictionary {
    try foundWeights(named: name).weights
  }

  /// The keys of the entries other than the weights, such as an optimizer's state.
  public var nonWeightKeys: [String] {
    guard let found = try? foundWeights() else {
      return (root.items ?? []).map(\.key.description)
    }
    return found.leftOut + found.beside
  }

  /// The named tensors of all dictionaries.
  public var allTensors: [StateDictionary.Entry] {
    WeightCandidate.all(in: root).flatMap { $0.items.compactMap(\.namedTensor) }
  }

  private func foundWeights(
    named name: String, in candidates: [WeightCandidate]
  ) throws -> FoundWeights {
    let names = candidates.map(\.name)
    var named = candidates.filter { $0.name.matches(name) }.map { (candidate: $0, prefix: "") }
    if named.isEmpty {
      // The name of a dictionary and a prefix of the names in it.
      named = candidates.flatMap { candidate in
        candidate.parts(named: name).map { (candidate: $0.part, prefix: $0.prefix) }
      }
    }
    let chosen = distinct(named) { $0.candidate.hasEqualItems($1.candidate) }
    guard chosen.count <= 1 else {
      let choices = chosen.map { ValueName($0.candidate.path, prefix: $0.prefix) }
      throw problem(.severalWeights(choices: ValueName.texts(choices)))
    }
    guard let (candidate, prefix) = chosen.first else {
      throw problem(.noSuchWeights(name: name, choices: ValueName.texts(names)))
    }
    return found(candidate, prefix: prefix, among: names)
  }

  private func found(
    _ candidate: WeightCandidate, prefix: String = "", among names: [ValueName]
  ) -> FoundWeights {
    var entries: [StateDictionary.Entry] = []
    var leftOut: [String] = []
    for item in candidate.items {
      if let entry = item.namedTensor {
        entries.append(.init(String(entry.name.dropFirst(prefix.count)), entry.tensor))
      } else {
        leftOut.append(candidate.description(of: item))
      }
    }
    let averaged = entries.filter { $0.name == "n_averaged" && $0.tensor.count == 1 }
    // The counter of averaged weights is told by the wrapper's prefix of all other names.
    let others = Self.unwrapped(entries.filter { !averaged.contains($0) })
    if others != nil { leftOut += averaged.map(\.name) }
    return FoundWeights(
      weights: StateDictionary(others ?? Self.unwrapped(entries) ?? entries, file: file),
      name: ValueName(candidate.path, prefix: prefix).text(among: names), leftOut: leftOut,
      beside: candidate.neighbors(in: root))
  }

  /// The prefixes that PyTorch's wrappers add: `DataParallel` and its kin, and `torch.compile`.
  private static let wrapperPrefixes = ["module.", "_orig_mod."]

  /// The entries without a wrapper's prefixes; nil if there are none that all share.
  private static func unwrapped(_ entries: [StateDictionary.Entry]) -> [StateDictionary.Entry]? {
    guard
      let prefix = wrapperPrefixes.first(where: { prefix in
        entries.allSatisfy { $0.name.hasPrefix(prefix) }
      }), !entries.isEmpty
    else { return nil }
    let shorter = entries.map {
      StateDictionary.Entry(String($0.name.dropFirst(prefix.count)), $0.tensor)
    }
    return unwrapped(shorter) ?? shorter
  }

  /// The reason why there are no weights.
  private func missingWeights(_ candidates: [WeightCandidate]) -> CheckpointError {
    let doubtful = candidates.filter(\.isDoubtful).map(\.name)
    guard doubtful.isEmpty else {
      return problem(.doubtfulWeights(choices: ValueName.texts(doubtful)))
    }
    guard let items = root.items, !items.isEmpty else {
      return problem(.noDictionary(found: root.kind))
    }
    for key in ["classifier_state_dict", "state_dict", "model"] as [CheckpointKey] {
      guard let value = root[key] else { continue }
      guard let entries = value.items else {
        if case .opaque = value { return notAWeight(CheckpointItem(key, value), []) }
        continue
      }
      if let item = entries.first(where: { $0.namedTensor == nil }) {
        return notAWeight(item, [key])
      }
    }
    return problem(.noWeights(keys: items.map(\.key.description)))
  }

  private func notAWeight(_ item: CheckpointItem, _ path: [CheckpointKey]) -> CheckpointError {
    CheckpointError(
      file: file, path: (path + [item.key]).map(\.description),
      problem: .notAWeight(found: item.value.kind))
  }

  private func problem(_ problem: CheckpointError.Problem) -> CheckpointError {
    CheckpointError(file: file, location: nil, problem: problem)
  }

  /// The values without those that equal an earlier one, unless they are too many to compare.
  private func distinct<Value>(_ values: [Value], _ areEqual: (Value, Value) -> Bool) -> [Value] {
    guard (2...32).contains(values.count) else { return values }
    return values.reduce(into: []) { kept, value in
      if !kept.contains(where: { areEqual($0, value) }) { kept.append(value) }
    }
  }
}
