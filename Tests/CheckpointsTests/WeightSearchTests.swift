import Checkpoints
import Foundation
import TestSupport
import Testing

/// Weights in random places, under random prefixes, with random neighbors.
struct WeightSearchTests {
  private static let network = [
    NetworkTensor("stem.weight", shape: [2, 3]), NetworkTensor("block.0.bn.weight", shape: [3]),
    NetworkTensor("block.0.bn.running_var", shape: [3]),
    NetworkTensor("block.0.bn.num_batches_tracked", shape: nil, isOptional: true),
    NetworkTensor("fc.bias", shape: [4]),
  ]
  private static let words = [
    "model", "state_dict", "net", "module", "_orig_mod", "ema", "best", "weights", "params", "a.b",
    "optimizer", "0", "model_state_dict", "loss", "ü", "net.module", "block", "fc",
  ]

  /// A file with one or more sets of weights.
  private struct Case {
    var generator: SeededGenerator

    mutating func pick<Element>(_ choices: [Element]) -> Element {
      choices[Int.random(in: choices.indices, using: &generator)]
    }

    mutating func chance(_ probability: Double) -> Bool {
      Double.random(in: 0..<1, using: &generator) < probability
    }

    func tensor(_ shape: [Int], _ value: Float) -> CheckpointValue {
      .tensor(CheckpointTensor(shape, (0..<shape.reduce(1, *)).map { value + Float($0) }))
    }

    /// Weights that begin with `value`, in random order.
    mutating func state(_ value: Float, prefix: String) -> [CheckpointItem] {
      var items = WeightSearchTests.network.map { wanted in
        CheckpointItem(.string(prefix + wanted.name), tensor(wanted.shape ?? [], value))
      }
      if chance(0.3) { items.removeAll { $0.key.description.hasSuffix("num_batches_tracked") } }
      items.shuffle(using: &generator)
      return items
    }

    mutating func prefix() -> String {
      (0..<pick([0, 0, 1, 1, 2, 3])).map { _ in pick(WeightSearchTests.words) + "." }.joined()
    }

    /// Entries that may stand in a dictionary of weights without being of the network.
    mutating func strangers() -> [CheckpointItem] {
      let all: [CheckpointItem] = [
        CheckpointItem("n_averaged", .tensor(CheckpointTensor([], [5] as [Int64]))),
        CheckpointItem("criterion.weight", tensor([10], 1)),
        CheckpointItem("loss_fn.scale", tensor([2], 1)), CheckpointItem("epoch", 3),
        CheckpointItem("note", "text"), CheckpointItem(7, .none),
        CheckpointItem("args", .list([1, 2])),
      ]
      return all.filter { _ in chance(0.2) }
    }

    /// Values that may stand beside a dictionary of weights.
    mutating func neighbor() -> CheckpointValue {
      switch Int.random(in: 0..<7, using: &generator) {
      case 0: .int(3)
      case 1:
        ["state": [0: ["momentum_buffer": tensor([2, 3], 9)]], "param_groups": [["lr": 0.1]]]
      // A part of the network, and all of it in other shapes.
      case 2: ["stem.weight": tensor([2, 3], 9), "fc.bias": tensor([4], 9)]
      case 3:
        .dictionary(
          WeightSearchTests.network.map { CheckpointItem(.string($0.name), tensor([5], 9)) })
      case 4: tensor([3], 9)
      case 5: ["mean": tensor([3], 9), "std": tensor([3], 9)]
      default: .list(["x", .none])
      }
    }

    /// `value` under random keys, with neighbors at each level, and the name of where it is.
    mutating func nested(_ value: CheckpointValue, depth: Int) -> (CheckpointValue, [String]) {
      var (value, path) = (value, [String]())
      for _ in 0..<depth {
        if chance(0.15) {
          value = .list([.none, value])
          path.insert("1", at: 0)
          continue
        }
        let key = pick(WeightSearchTests.words)
        var items = [CheckpointItem(.string(key), value)]
        for _ in 0..<pick([0, 1, 2]) {
          let other = "beside \(items.count)"
          items.append(CheckpointItem(.string(other), neighbor()))
        }
        items.shuffle(using: &generator)
        value = chance(0.5) ? .dictionary(items) : .orderedDictionary(items)
        path.insert(key, at: 0)
      }
      return (value, path)
    }
  }

  /// The first element of each tensor that was found.
  private func values(_ found: FoundWeights) -> Set<Float> {
    Set(found.weights.entries.map { $0.tensor.floats()[0] })
  }

  private func name(_ path: [String], _ prefix: String) -> String {
    let parts = path + (prefix.isEmpty ? [] : [String(prefix.dropLast())])
    return parts.isEmpty ? "." : parts.joined(separator: ".")
  }

  @Test(arguments: 0..<300) func `the one set of weights is found wherever it is`(seed: Int) throws
  {
    var made = Case(generator: SeededGenerator(seed: UInt64(seed)))
    let prefix = made.prefix()
    let strangers = made.strangers()
    let state = (made.state(1, prefix: prefix) + strangers).shuffled(using: &made.generator)
    let (root, path) = made.nested(.dictionary(state), depth: made.pick([0, 1, 2, 4]))
    let folder = try TemporaryFolder()
    try Checkpoint(root).write(to: folder.file("a.pt"))
    let checkpoint = try Checkpoint(contentsOf: folder.file("a.pt"))
    let found = try checkpoint.weights(for: Self.network)
    #expect(values(found) == [1])
    #expect(found.name == name(path, prefix))
    #expect(found.weights.entries.count >= 4)
    #expect(found.leftOut.count == strangers.count)
    #expect(try checkpoint.weights(for: Self.network, named: found.name) == found)
  }

  @Test(arguments: 0..<200)
  func `of two sets of weights neither is taken unasked, unless they are equal`(seed: Int) throws {
    var made = Case(generator: SeededGenerator(seed: 1000 + UInt64(seed)))
    let prefixes = [made.prefix(), made.prefix()]
    let areEqual = made.chance(0.3)
    let states = [Float(1), areEqual ? 1 : 2].indices.map { index in
      made.state(areEqual ? 1 : Float(index + 1), prefix: prefixes[index])
    }
    let isInOne = made.chance(0.4) && prefixes[0] != prefixes[1]
    var names: [String]
    var root: CheckpointValue
    if isInOne {
      root = .dictionary((states[0] + states[1]).shuffled(using: &made.generator))
      names = prefixes.map { name([], $0) }
    } else {
      root = ["raw": .dictionary(states[0]), "averaged": .dictionary(states[1])]
      names = [name(["raw"], prefixes[0]), name(["averaged"], prefixes[1])]
    }
    let (file, path) = made.nested(root, depth: made.pick([0, 1, 3]))
    names = names.map { path.isEmpty ? $0 : $0 == "." ? name(path, "") : name(path + [$0], "") }
    let checkpoint = Checkpoint(file, file: "a")
    let isSame = areEqual && Set(states.map(\.count)).count == 1
    do {
      let found = try checkpoint.weights(for: Self.network)
      #expect(isSame && values(found) == [1])
    } catch let error as CheckpointError {
      guard case .severalWeights(let choices) = error.problem else {
        Issue.record("\(error)")
        return
      }
      #expect(!isSame && choices.sorted() == names.sorted(), "\(error)")
    }
    for (index, name) in names.enumerated() where Set(names).count == 2 {
      let found = try checkpoint.weights(for: Self.network, named: name)
      #expect(values(found) == [areEqual ? 1 : Float(index + 1)] && found.name == name)
    }
  }

  @Test(arguments: 0..<200)
  func `what a set of weights lacks or has too much is named`(seed: Int) throws {
    var made = Case(generator: SeededGenerator(seed: 2000 + UInt64(seed)))
    let prefix = made.prefix()
    var state = made.state(1, prefix: prefix)
    let required = state.indices.filter { !state[$0].key.description.hasSuffix("tracked") }
    let index = made.pick(Array(required))
    let name = String(state[index].key.description.dropFirst(prefix.count))
    let kind = Int.random(in: 0..<5, using: &made.generator)
    switch kind {
    case 0: state.remove(at: index)
    case 1: state[index].value = made.tensor([7], 1)
    case 2: state[index].value = .opaque("sparse tensor")
    case 3: state[index].value = .tensor(CheckpointTensor([2, 3], [Int64](repeating: 1, count: 6)))
    default: state.append(CheckpointItem(.string(prefix + "block.1.weight"), made.tensor([2], 1)))
    }
    let (root, path) = made.nested(.dictionary(state), depth: made.pick([0, 1, 2]))
    do {
      let found = try Checkpoint(root, file: "a").weights(for: Self.network)
      Issue.record("\(found.name) was taken")
    } catch let error as CheckpointError {
      guard case .mismatch(let missing, let unexpected, let shapes, let unusable) = error.problem
      else {
        Issue.record("\(error)")
        return
      }
      let expected = self.name(path, prefix)
      #expect(error.location == (expected == "." ? nil : expected))
      #expect(missing == (kind == 0 ? [name] : []))
      let isOtherShape = kind == 1 || kind == 3 && name != "stem.weight"
      #expect(shapes.map(\.name) == (isOtherShape ? [name] : []))
      #expect(unusable.isEmpty == !(kind == 2 || kind == 3 && name == "stem.weight"))
      #expect(unexpected == (kind == 4 ? ["block.1.weight"] : []))
    }
  }

  @Test func `a name that no weights have is refused with those there are`() throws {
    var made = Case(generator: SeededGenerator(seed: 5))
    let state = CheckpointValue.dictionary(made.state(1, prefix: ""))
    let checkpoint = Checkpoint(["model": state], file: "a")
    let error = CheckpointError(
      file: "a", location: nil, problem: .noSuchWeights(name: "ema", choices: ["model"]))
    #expect(throws: error) { try checkpoint.weights(for: Self.network, named: "ema") }
    #expect(throws: error) { try checkpoint.weights(named: "ema") }
    #expect(
      error.description
        == "a: --weights ema: no dictionary of tensors has this name; found model")
  }
}
