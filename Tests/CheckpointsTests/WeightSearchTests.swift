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

/// Weights that are found without knowing the network.
struct UnknownNetworkTests {
  private let tensor = CheckpointValue.tensor(CheckpointTensor([1], [1] as [Float]))
  private let other = CheckpointValue.tensor(CheckpointTensor([1], [2] as [Float]))

  private func names(_ root: CheckpointValue, named name: String? = nil) throws -> [String] {
    try Checkpoint(root, file: "a").weights(named: name).entries.map(\.name)
  }

  @Test
  func `one dictionary of tensors is found under any key, and wrappers' prefixes are dropped`()
    throws
  {
    #expect(try names(["net": ["fc.weight": tensor]]) == ["fc.weight"])
    #expect(try names(["model": ["state_dict": ["fc.weight": tensor]], "x": 1]) == ["fc.weight"])
    #expect(
      try names(["module._orig_mod.fc.weight": tensor, "module._orig_mod.fc.bias": tensor])
        == ["fc.weight", "fc.bias"])
    #expect(try names(["n_averaged": tensor, "module.fc.weight": tensor]) == ["fc.weight"])
    // Only wrappers' prefixes: a network may have one layer.
    #expect(
      try names(["model.weight": tensor, "model.bias": tensor]) == ["model.weight", "model.bias"])
  }

  @Test func `the state of optimizers and losses is no network's`() throws {
    #expect(
      try names([
        "w": ["fc.weight": tensor], "criterion": ["weight": other],
        "optimizer": ["state": [0: ["step": other, "exp_avg": other]]],
        "stats": ["mean": other],
      ]) == ["fc.weight"])
  }

  @Test func `of several dictionaries one must be chosen`() throws {
    let root: CheckpointValue = [
      "raw": ["fc.weight": tensor], "ema": ["fc.weight": other, "note": 3],
      "best": ["fc.weight": other],
    ]
    let problem = CheckpointError.Problem.severalWeights(choices: ["raw", "best"])
    #expect(throws: CheckpointError(file: "a", location: nil, problem: problem)) {
      try names(root)
    }
    #expect(
      "\(problem)" == "2 dictionaries of tensors may be meant: raw, best; choose one with --weights"
    )
    #expect(try Checkpoint(root).weights(named: "best")["fc.weight"]?.floats() == [2])
    let ema = try Checkpoint(root).foundWeights(named: "ema")
    #expect(ema.leftOut == ["ema.note"] && ema.beside == ["raw", "best"])
    #expect(
      try names(["model.fc.weight": tensor, "ema.fc.weight": other], named: "ema") == ["fc.weight"])
    #expect(try names(["a": ["w.weight": tensor], "b": ["w.weight": tensor]]) == ["w.weight"])
  }

  @Test func `a value that may be a weight is named, and other values are left out`() throws {
    let found = try Checkpoint(["fc.weight": tensor, "fc.bias": tensor, "epoch": 3]).foundWeights()
    #expect(found.leftOut == ["epoch"] && found.weights.entries.count == 2)
    let sparse = CheckpointValue.opaque("sparse tensor")
    let flat = try Checkpoint(["a.weight": tensor, "b": tensor, "c": sparse]).foundWeights()
    #expect(flat.leftOut == ["c (a sparse tensor)"] && flat.weights.entries.count == 2)
    #expect(flat.passedOver == [])
    // Alone or as one of several that are not read, it is what is missing.
    let problem = CheckpointError.Problem.notAWeight(found: "a sparse tensor")
    #expect(throws: CheckpointError(file: "a", location: "model/c", problem: problem)) {
      try names(["model": ["c": sparse]])
    }
  }

  @Test func `weights in lists and under numbers are found, and those of doubtful keys are named`()
    throws
  {
    let state: CheckpointValue = ["fc.weight": tensor]
    for (root, name) in [
      ([state], "0"), ([0: state], "0"), (["m": [1, state]], "m.1"),
      ([.other("tuple", 0): state], "<tuple 0>"), ([["net": state]], "0.net"),
    ] as [(CheckpointValue, String)] {
      #expect(try Checkpoint(root).foundWeights().name == name)
      #expect(CheckpointOutline(Checkpoint(root)).rows.map(\.name).contains(name))
    }
    for (root, name) in [
      (["optimizer": state], "optimizer"), (["loss": ["net": state]], "loss.net"),
      ([["a": tensor]], "0"),
    ] as [(CheckpointValue, String)] {
      let problem = CheckpointError.Problem.doubtfulWeights(choices: [name])
      #expect(throws: CheckpointError(file: "a", location: nil, problem: problem)) {
        try names(root)
      }
      #expect("\(problem)".hasSuffix("found \(name); choose one with --weights"))
      #expect(try Checkpoint(root).foundWeights(named: name).name == name)
    }
    let problem = CheckpointError.Problem.severalWeights(choices: ["0", "1"])
    #expect(throws: CheckpointError(file: "a", location: nil, problem: problem)) {
      try names([state, ["fc.weight": other]])
    }
    // What an optimizer numbers is none.
    let momenta: CheckpointValue = [
      "o": ["state": [0: ["exp_avg": tensor], 1: ["exp_avg": other]]]
    ]
    #expect(
      throws: CheckpointError(file: "a", location: nil, problem: .noWeights(keys: ["o"]))
    ) { try names(momenta) }
  }

  @Test func `names that several dictionaries share are told apart`() throws {
    let (state, second): (CheckpointValue, CheckpointValue) = (
      ["fc.weight": tensor], ["fc.weight": other]
    )
    for (root, choices) in [
      (["a": ["b": state], "a.b": second], ["['a']['b']", "['a.b']"]),
      ([0: state, "0": second], ["[0]", "['0']"]),
      (
        ["a'\\\n": ["b": state], "a'\\\n.b": second], ["['a\\'\\\\\\n']['b']", "['a\\'\\\\\\n.b']"]
      ),
    ] as [(CheckpointValue, [String])] {
      let problem = CheckpointError.Problem.severalWeights(choices: choices)
      #expect(throws: CheckpointError(file: "a", location: nil, problem: problem)) {
        try names(root)
      }
      let network = [NetworkTensor("fc.weight", shape: [1])]
      #expect(throws: CheckpointError(file: "a", location: nil, problem: problem)) {
        try Checkpoint(root, file: "a").weights(for: network)
      }
      let rows = CheckpointOutline(Checkpoint(root)).rows.map(\.name)
      for (name, value) in zip(choices, [1, 2] as [Float]) {
        let found = try Checkpoint(root).weights(for: network, named: name)
        #expect(found.name == name && found.weights["fc.weight"]?.floats() == [value])
        let any = try Checkpoint(root).foundWeights(named: name)
        #expect(any.name == name && any.weights["fc.weight"]?.floats() == [value])
        #expect(rows.contains(name))
      }
    }
  }

  @Test func `a dictionary that is broken is named where another is taken`() throws {
    let sparse = CheckpointValue.opaque("sparse tensor")
    let whole: CheckpointValue = ["fc.weight": tensor, "fc.bias": tensor, "bn.weight": tensor]
    let network = ["fc.weight", "fc.bias", "bn.weight"].map { NetworkTensor($0, shape: [1]) }
    for (broken, reason) in [
      (
        ["fc.weight": tensor, "fc.bias": sparse, "bn.weight": tensor],
        "1 not usable: fc.bias (a sparse tensor)"
      ),
      (["fc.weight": tensor, "bn.weight": tensor], "1 missing: fc.bias"),
    ] as [(CheckpointValue, String)] {
      let checkpoint = Checkpoint(["raw": broken, "ema": whole], file: "a")
      let found = try checkpoint.weights(for: network)
      #expect(found.name == "ema" && found.passedOver == ["raw (\(reason))"])
      #expect(
        found.omissions
          == "the weights are ema, since others are damaged or not the network's: raw "
          + "(\(reason))")
      #expect(try checkpoint.weights(for: network, named: "ema").passedOver == [])
    }
    let checkpoint = Checkpoint(
      ["raw": ["fc.weight": tensor, "fc.bias": sparse, "bn.weight": tensor], "ema": whole])
    #expect(try checkpoint.foundWeights().passedOver == ["raw (fc.bias (a sparse tensor))"])
  }

  @Test func `the outline of a file is bounded`() {
    let many = CheckpointValue.dictionary((0..<100).map { CheckpointItem(.int($0), ["a": 1]) })
    let outline = CheckpointOutline(Checkpoint(["x": many, "y": [1, 2], "w": ["a": tensor]]))
    #expect(outline.rows.count == 64)
    #expect(outline.rows[1].name == "x.0" && outline.rows[2].name == "x.0.a")
    #expect(outline.rows[61].name == "x.…" && outline.rows[61].content == "70 more")
    #expect(outline.rows[62].content == "list of 2")
    #expect(outline.rows[63].name == "w" && outline.rows[63].content == "1 tensor")
    #expect(CheckpointOutline(Checkpoint(["a": tensor])).rows == [])
  }
}
