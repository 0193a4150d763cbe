import Formats
import Foundation
import Optimization
import TestSupport
import Testing
import Training

struct RunConfigurationTests {
  static func read(_ text: String) throws -> RunConfiguration {
    let folder = try TemporaryFolder()
    return try RunConfiguration(contentsOf: folder.file("run.yaml", holding: text.utf8))
  }

  @Test func `reads what the demo's file says`() throws {
    let configuration = try Self.read(TestRecipe().text)
    #expect(configuration.memberCount == 2)
    #expect(configuration.data.dataset == .digits)
    #expect(configuration.model.network.name == .wideResNetMixMo)
    #expect(configuration.training.datasetWrapper.mixmo.mixMethod.method == .cutmix)
    #expect(configuration.training.datasetWrapper.msda.method == nil)
    #expect(configuration.training.datasetWrapper.augmentation == nil)
    #expect(try configuration.model.loss.coefficients(memberCount: 2) == [1, 1])
  }

  @Test func `what is written reads back equal`() throws {
    let configuration = try Self.read(TestRecipe().text)
    #expect(try Self.read(configuration.yaml) == configuration)
    #expect(try Self.read(configuration.yaml).yaml == configuration.yaml)
  }

  @Test func `what lacks a default is restated with it, and other text stays`() throws {
    let yaml = try Self.read(TestRecipe().text).yaml
    let lines = yaml.split(separator: "\n").filter { !$0.contains("dampening:") }
    #expect(lines.count < yaml.split(separator: "\n").count)
    #expect(RunConfiguration.migrated(lines.joined(separator: "\n")) == yaml)
    #expect(RunConfiguration.migrated("no configuration") == "no configuration")
  }

  @Test func `the images for validation are written where there are any`() throws {
    let text = try TestRecipe().text
    let plain = try Self.read(text)
    #expect(try plain.validationCount == nil && !plain.yaml.contains("validation"))
    for none in ["0", "null", "none"] {
      #expect(try Self.read(text + "validation: \(none)\n") == plain, "\(none)")
    }
    let kept = try Self.read(text + "validation: 200\n")
    #expect(kept.validationCount == 200 && kept != plain)
    #expect(try kept.yaml == plain.yaml + "validation: 200\n")
    #expect(try Self.read(kept.yaml) == kept)
    for (value, found) in [("-1", "-1"), ("1000000001", "1000000001")] {
      #expect {
        try Self.read(text + "validation: \(value)\n")
      } throws: {
        "\($0)".contains("validation: expected a value from 0 to 1000000000, found \(found)")
      }
    }
  }

  @Test(arguments: [("0.01", "lr: 0.01\n"), ("0.00001", "lr: 1.0e-05\n"), ("3", "lr: 3.0\n")])
  func `numbers are written so that Python reads numbers`(value: String, line: String) throws {
    let yaml = try Self.read(TestRecipe(["lr": value]).text).yaml
    #expect(yaml.contains(line), "\(yaml)")
  }

  /// Values in the reference's files that are easily refused by mistake.
  @Test(arguments: [
    ["batch_repetitions": "1", "prob": "1"], ["da_method": "None"], ["alpha": "0"],
    ["nesterov": "true"], ["dict_milestone_to_gamma": "{600: 0.1, 900: 0.1, -1: 0.1}"],
    ["warmup_period": "null"], ["warmup_period": "None"],
  ])
  func `accepts the reference's spellings`(replacements: [String: String]) throws {
    var text = try TestRecipe().text
    if replacements["dict_milestone_to_gamma"] != nil {
      text = String(text.prefix(upTo: try #require(text.range(of: "dict_milestone")).lowerBound))
      text += "dict_milestone_to_gamma: {600: 0.1, 900: 0.1, -1: 0.1}\n"
    } else {
      text = try TestRecipe(replacements).text
    }
    _ = try Self.read(text)
  }

  @Test(arguments: ["", "  warmup_period: null\n", "  warmup_period: 0\n"])
  func `without a warm-up it has no steps`(line: String) throws {
    let text = try TestRecipe().text.replacing(#/ {2}warmup_period:.*\n/#, with: line)
    #expect(try Self.read(text).model.warmupSteps == 0)
  }

  @Test(arguments: [
    ("num_members", "0", "num_members: expected a value from 1 to 16, found 0"),
    ("num_members", "two", "num_members: expected a whole number, found \"two\""),
    (
      "num_members", "1",
      "num_members: expected at least 2 for network wideresnetmixmo, found 1"
    ),
    (
      "dataset", "cifar1",
      "data.dataset: expected one of cifar10, cifar100, tinyimagenet200, digits; found \"cifar1\""
    ),
    ("num_classes", "11", "data.num_classes: expected 10 for digits, found 11"),
    (
      "depth", "27",
      "model_wrapper.network.depth: expected 6n + 4 (10, 16, 22, 28, …) for wideresnetmixmo, "
        + "found 27"
    ),
    (
      "batch_repetitions", "0",
      "training.batch_sampler.batch_repetitions: expected a value from 1 to 1024, found 0"
    ),
    (
      "prob", "1.5",
      "training.dataset_wrapper.mixmo.mix_method.prob: expected a value from 0.0 to 1.0, found 1.5"
    ),
    (
      "batch_size", "[1]", "training.batch_size: expected a single value, found a list"
    ),
    ("lr", "-1", "model_wrapper.optimizer.params.lr: expected a value of at least 0.0, found -1.0"),
    (
      "coeff", "3,5",
      "model_wrapper.loss.listloss.Index 0.coeff: expected a number, found \"3,5\""
    ),
    (
      "coeff", ".inf",
      "model_wrapper.loss.listloss.Index 0.coeff: expected a finite number, found inf"
    ),
    (
      "input", "logits_7",
      "model_wrapper.loss.listloss.Index 0.target: expected target_7 as for logits_7, found "
        + "\"target_0\""
    ),
  ])
  func `says which value is impossible`(key: String, value: String, message: String) throws {
    let text = try TestRecipe([key: value]).text
    #expect {
      try Self.read(text)
    } throws: { error in
      let found = "\(error)"
      #expect(found.hasSuffix(message), "\(found)")
      return found.hasSuffix(message)
    }
  }

  static func read(optimizer: String) throws -> OptimizerConfiguration {
    var recipe = try TestRecipe()
    recipe.replace(optimizer: optimizer)
    let configuration = try read(recipe.text)
    #expect(try read(configuration.yaml) == configuration)
    return configuration.model.optimizer
  }

  @Test func `optimizers have PyTorch's defaults`() throws {
    func json(_ name: String) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      let configuration = try Self.read(optimizer: "{name: \(name), params: {}}")
      return String(decoding: try encoder.encode(configuration), as: UTF8.self)
    }
    #expect(
      try json("adam") == #"{"name":"adam","params":{"amsgrad":false,"betas":[0.9,0.999],"#
        + #""eps":1e-08,"lr":0.001,"weight_decay":0}}"#)
    #expect(
      try json("adadelta") == #"{"name":"adadelta","params":{"eps":1e-06,"lr":1,"rho":0.9,"#
        + #""weight_decay":0}}"#)
    #expect(
      try json("rmsprop") == #"{"name":"rmsprop","params":{"alpha":0.99,"centered":false,"#
        + #""eps":1e-08,"lr":0.01,"momentum":0,"weight_decay":0}}"#)
  }

  @Test func `optimizers take their parameters`() throws {
    #expect(
      try Self.read(optimizer: "{name: sgd, params: {lr: 0.1, momentum: 0.9, dampening: 0.5}}")
        == .sgd(.init(learningRate: 0.1, momentum: 0.9, dampening: 0.5)))
    guard
      case .adam(let adam) = try Self.read(
        optimizer: "{name: adam, params: {lr: 2.0e-3, betas: [0.8, 0.99], amsgrad: True}}")
    else {
      Issue.record("expected adam")
      return
    }
    #expect(adam.betas == [0.8, 0.99] && adam.usesLargestSquares && adam.learningRate == 0.002)
  }

  @Test(arguments: [
    ("{name: adamw, params: {}}", "name: expected one of sgd, adam, adadelta, rmsprop; found"),
    ("{name: sgd, params: {}}", "params: the key \"lr\" is missing"),
    ("{name: sgd, params: {lr: .inf}}", "params.lr: expected a finite number, found inf"),
    ("{name: sgd, params: {lr: .nan}}", "params.lr: expected a value of at least 0.0, found nan"),
    (
      "{name: sgd, params: {lr: 1, nesterov: true}}",
      "params.momentum: expected a momentum above 0 with nesterov, found 0"
    ),
    (
      "{name: sgd, params: {lr: 1, momentum: 0.9, nesterov: true, dampening: 0.5}}",
      "params.dampening: expected a dampening of 0 with nesterov, found 0.5"
    ),
    ("{name: adam, params: {momentum: 0.9}}", "params.momentum: unknown key; known are lr, betas"),
    ("{name: adam, params: {amsgrd: true}}", "did you mean \"amsgrad\"?"),
    ("{name: adam, params: {betas: 0.9}}", "params.betas: expected a list, found \"0.9\""),
    (
      "{name: adam, params: {betas: [0.9]}}",
      "params.betas: expected two numbers of at least 0 and below 1, found [0.9]"
    ),
    (
      "{name: adam, params: {betas: [0.9, 1]}}",
      "params.betas: expected two numbers of at least 0 and below 1, found [0.9, 1.0]"
    ),
    ("{name: adam, params: {eps: -1}}", "params.eps: expected a value of at least 0.0, found -1.0"),
    ("{name: adadelta, params: {rho: 1.5}}", "rho: expected a value from 0.0 to 1.0, found 1.5"),
    ("{name: rmsprop, params: {alpha: -0.1}}", "alpha: expected a value from 0.0 to 1.0"),
    ("{name: rmsprop, params: {centered: 2}}", "centered: expected true or false, found \"2\""),
  ])
  func `says which parameter of an optimizer is impossible`(
    optimizer: String, message: String
  ) throws {
    #expect {
      try Self.read(optimizer: optimizer)
    } throws: { error in
      let found = "\(error)"
      #expect(found.contains(message) && found.contains(".yaml:"), "\(found)")
      return found.contains("model_wrapper.optimizer")
    }
  }

  @Test func `an unknown key is an error that names the nearest`() throws {
    let text = try TestRecipe().text.replacing("momentum:", with: "momentun:")
    #expect {
      try Self.read(text)
    } throws: {
      "\($0)".contains("params.momentun: unknown key; did you mean \"momentum\"?")
    }
  }

  @Test(arguments: [("0", [1, 0]), ("\"<num_members\"", [1, 0]), ("-0.0", [1, 0])])
  func `a term without weight may be of a member that does not exist`(
    coefficient: String, expected: [Double]
  ) throws {
    let text = try TestRecipe().text.replacing("_1", with: "_2")
      .replacing("\"<num_members\"", with: coefficient)
    #expect(try Self.read(text).model.loss.coefficients(memberCount: 2) == expected)
  }

  @Test func `terms of one member add up`() throws {
    var recipe = try TestRecipe()
    recipe.replace(lossTerms: LossTerms([(0, 0.5), (1, 2), (0, 0.25), (1, -1)]).text)
    #expect(try Self.read(recipe.text).model.loss.coefficients(memberCount: 2) == [0.75, 1])
  }

  @Test func `a term for a member that does not exist is an error`() throws {
    let text = try TestRecipe().text.replacing("_1", with: "_2")
      .replacing("\"<num_members\"", with: "0.5")
    #expect {
      try Self.read(text)
    } throws: {
      ($0 as? RunConfigurationError)?.problem
        == .termOfMissingMember(.init(term: "ce1", member: 2, memberCount: 2))
    }
  }

  @Test func `parts that contradict one another are an error on one line that names the file`()
    throws
  {
    let text = try TestRecipe().text.replacing("_1", with: "_2")
      .replacing("\"<num_members\"", with: "0.5").replacing("ce1", with: "\"c\\ne\"")
    #expect {
      try Self.read(text)
    } throws: {
      let message = "\($0)"
      return message.contains(".yaml: model_wrapper.loss.listloss: c\u{FFFD}e reads logits_2")
    }
  }
}
