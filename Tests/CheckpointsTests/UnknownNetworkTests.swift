import Checkpoints
import Testing

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
