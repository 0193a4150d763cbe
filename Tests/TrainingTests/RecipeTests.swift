import Datasets
import Formats
import Foundation
import Loading
import Networks
import TestSupport
import Testing
import Training

struct RecipeTests {
  /// The placeholders of the reference's `scripts/exp_mixmo_template.yaml`.
  static let placeholders = [
    "batch_repetitions", "batch_size", "classifier", "da_method", "dataset_name", "depth", "l2_reg",
    "lrinit", "milestone1", "milestone2", "milestone3", "mixmo_alpha", "mixmo_mix_method_name",
    "mixmo_mix_prob", "mixmo_weight_root", "msda_mix_method", "nb_epochs", "num_classes",
    "num_members", "warmup_period", "weight_decay_sgd", "widen_factor",
  ]
  /// Those that the reference lacks.
  static let furtherPlaceholders = ["dataset", "further_loss_terms", "proba_input_repetition"]

  static let config = TestPackage.url.appending(path: "config")

  @Test(arguments: RecipeCollection.allCases.filter { !$0.shipped.isEmpty })
  func `the table and the files in config are the same`(collection: RecipeCollection) throws {
    let folder = Self.config.appending(path: collection.folder)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(files == collection.shipped.map { "\($0.name).yaml" }.sorted())
    for recipe in collection.shipped {
      let file = try String(
        contentsOf: folder.appending(path: "\(recipe.name).yaml"), encoding: .utf8)
      #expect(try recipe.text == file, "\(recipe.name)")
    }
  }

  @Test func `27 recipes are shipped`() {
    #expect(RecipeCollection.allCases.map(\.shipped.count) == [8, 8, 11, 0])
  }

  /// The configuration that a recipe's text gives.
  func configuration(_ name: String, _ collection: RecipeCollection) throws -> RunConfiguration {
    try RunConfigurationTests.read(Recipe(named: name, in: collection).text)
  }

  /// The published epochs, batch size, learning rate, warm-up, weight decay and L2 penalty.
  @Test(arguments: [
    (RecipeCollection.cifar10, "wrn2810_1net_standard_bar1", 300, 64, 0.05, 782, 0, 0.0003),
    (.cifar100, "wrn2810-2_mimo_standard_bar2", 300, 64, 0.025, 1564, 0, 0.0003),
    (.cifar100, "wrn2810-2_mimo_standard_bar4", 300, 64, 0.0125, 3128, 0, 0.0003),
    (.tinyImageNet, "res18_1net_standard_bar1", 1200, 100, 0.2, 1000, 0.0001, 0),
    (.tinyImageNet, "res183-2_linearmixmo_standard_bar2", 1200, 100, 0.1, 2000, 0.0001, 0),
    (.tinyImageNet, "res183-2_linearmixmo_standard_bar4", 1200, 100, 0.05, 4000, 0.0001, 0),
  ])
  func `schedules are the published ones`(
    collection: RecipeCollection, name: String, epochs: Int, batch: Int, rate: Double, warmup: Int,
    decay: Double, penalty: Double
  ) throws {
    let configuration = try configuration(name, collection)
    #expect(configuration.training.epochCount == epochs)
    #expect(configuration.training.batchSize == batch)
    #expect(configuration.model.warmupSteps == warmup)
    #expect(configuration.model.loss.l2Penalty == penalty)
    #expect(
      configuration.model.optimizer
        == .sgd(
          .init(
            learningRate: rate, momentum: 0.9, weightDecay: decay, usesNesterovMomentum: true)))
    let milestones = collection == .tinyImageNet ? [-1, 600, 900] : [101, 201, 226]
    let factors = configuration.model.schedule.parameters.factorAtMilestone
    #expect(factors == Dictionary(uniqueKeysWithValues: milestones.map { ($0, 0.1) }))
  }

  @Test(arguments: [
    ("1net", nil, 1, 2, 3), ("mimo", MixingMethod.mixup, 1, 0, 1),
    ("linearmixmo", .mixup, 1, 2, 3), ("cutmixmo-p5", .cutmix, 0.5, 2, 3),
    ("cutmixmo-p5-a4", .cutmix, 0.5, 4, 3), ("cutmixmo-p5-r1", .cutmix, 0.5, 2, 1),
    ("cutmixmo-p2", .cutmix, 0.2, 2, 3), ("cowmixmo-p5", .cow, 0.5, 2, 3),
  ])
  func `mixings are the named ones`(
    name: String, method: MixingMethod?, probability: Double, alpha: Double, root: Double
  ) throws {
    let network = method == nil ? "wrn2810" : "wrn2810-2"
    let mixmo = try configuration("\(network)_\(name)_standard_bar4", .cifar100)
      .training.datasetWrapper.mixmo
    #expect(
      mixmo
        == MixMoConfiguration(
          mixMethod: .init(method: method, probability: probability), alpha: alpha,
          weightRoot: root))
  }

  @Test(arguments: [
    ("standard", nil, nil), ("daaugmix", nil, AugmentationMethod.augmix),
    ("msdamixup", MixingMethod.mixup, nil), ("msdacutmix", .cutmix, nil),
  ])
  func `augmentations are the named ones`(
    name: String, method: MixingMethod?, augmentation: AugmentationMethod?
  ) throws {
    let wrapper = try configuration("res18_1net_\(name)_bar1", .tinyImageNet)
      .training.datasetWrapper
    #expect(wrapper.msda == MSDAConfiguration(beta: 1, probability: 0.5, method: method))
    #expect(wrapper.augmentation == augmentation)
  }

  @Test func `three subnetworks have three terms of loss`() throws {
    let configuration = try configuration("wrn2810-3_cutmixmo-p5_standard_bar4", .cifar10)
    #expect(configuration.memberCount == 3)
    #expect(try configuration.model.loss.coefficients(memberCount: 3) == [1, 1, 1])
  }

  @Test(arguments: RecipeCollection.allCases)
  func `every recipe is found by its name and makes a configuration`(
    collection: RecipeCollection
  ) throws {
    let recipes = collection.recipes
    #expect(Set(recipes.map(\.name)).count == recipes.count)
    // One network: 1 mixing; two: 7; three: 6, without cow. Each with 4 augmentations, 3 schedules.
    let mixings: [RecipeCollection: Int] = [.tinyImageNet: 3 * (1 + 7), .digits: 2 * (1 + 7 + 6)]
    #expect(recipes.count == mixings[collection, default: 1 + 7 + 6] * 12)
    let folder = try TemporaryFolder()
    for recipe in recipes {
      #expect(try Recipe(named: recipe.name, in: collection).name == recipe.name)
      _ = try RunConfiguration(
        contentsOf: folder.file("\(recipe.name).yaml", holding: recipe.text.utf8))
    }
  }

  /// The configurations in `config` whose accuracy is published are told by their contents alone.
  @Test func `a header names a published accuracy where the configuration is the published one`()
    throws
  {
    let published = try RecipeCollection.allCases.flatMap { collection in
      try collection.shipped.filter { !$0.publishedAccuracies.isEmpty }.map {
        try RunConfiguration(
          contentsOf: Self.config.appending(path: "\(collection.folder)/\($0.name).yaml"))
      }
    }
    #expect(published.count == 25)
    for collection in RecipeCollection.allCases {
      let small = collection == .tinyImageNet ? "res184" : "wrn102"
      let others = try ["\(small)_1net", "\(small)-2_mimo", "\(small)-5_cutmixmo-p5"].map {
        try Recipe(named: $0 + "_msdacutmix_bar4", in: collection)
      }
      for recipe in collection.recipes + others {
        let configuration = try RunConfigurationTests.read(recipe.text)
        #expect(
          try recipe.text.contains("Published") == published.contains(configuration),
          "\(recipe.name)")
      }
    }
  }

  @Test func `what is made of shipped parts is not called published`() throws {
    let recipe = try Recipe(named: "wrn2810-2_cutmixmo-p5_standard_bar2", in: .cifar100)
    #expect(!recipe.isShipped && recipe.publishedAccuracies.isEmpty)
    #expect(try !recipe.text.contains("Published"))
    #expect(try recipe.text.hasPrefix("#   mixmo train --config config/cifar100/\(recipe.name)"))
  }

  @Test(arguments: [
    ("wrn2810", "expected a name such as exp_cifar10_NETWORK_MIXMO_AUGMENTATION_SCHEDULE"),
    ("exp_cifar100_wrn2810_1net_standard_bar1", "expected a name such as exp_cifar10_"),
    (
      "res18_1net_standard_bar1",
      "unknown network \"res18\"; expected wrnDEPTHWIDTH with a depth of 10"
    ),
    ("wrn2710_1net_standard_bar1", "unknown network \"wrn2710\"; expected wrnDEPTHWIDTH"),
    ("wrn2870_1net_standard_bar1", "a width from 1 to 64, and -MEMBERS, from 2 to 16, for several"),
    ("wrn28x02_1net_standard_bar1", "unknown network \"wrn28x02\""),
    ("wrn28_1net_standard_bar1", "unknown network \"wrn28\""),
    ("wrn_1net_standard_bar1", "unknown network \"wrn\""),
    ("wrn28x_1net_standard_bar1", "unknown network \"wrn28x\""),
    ("wrn2810-1_1net_standard_bar1", "unknown network \"wrn2810-1\""),
    ("wrn2810-17_mimo_standard_bar1", "unknown network \"wrn2810-17\""),
    ("wrn2810-_mimo_standard_bar1", "unknown network \"wrn2810-\""),
    ("wrn99999999999999999999_1net_standard_bar1", "unknown network \"wrn9999"),
    (
      "wrn1064_1net_standard_bar1",
      "\"wrn1064\" can be several networks; write wrn10x64 or wrn106x4"
    ),
    ("wrn2810_2net_standard_bar1", "unknown part \"2net\"; known are 1net, mimo, linearmixmo, "),
    ("wrn2810_1net_augmix_bar1", "known are standard, daaugmix, msdamixup, msdacutmix"),
    ("wrn2810_1net_standard_bar3", "unknown part \"bar3\"; known are bar1, bar2, bar4"),
    ("wrn2810_mimo_standard_bar1", "mimo mixes several networks, wrn2810 is one"),
    ("wrn2810-2_1net_standard_bar1", "1net is for one network, wrn2810-2 has 2"),
    ("wrn2810-3_cowmixmo-p5_standard_bar1", "cow mixes two inputs, wrn2810-3 has 3"),
  ])
  func `a name that is no recipe says why`(name: String, message: String) {
    #expect {
      try Recipe(named: name, in: .cifar10)
    } throws: { error in
      let found = "\(error)"
      #expect(found.hasPrefix("recipe \"\(name)\": ") && found.contains(message), "\(found)")
      return true
    }
  }
}

// MARK: Networks of any size

extension RecipeTests {
  @Test(arguments: [
    ("wrn102", RecipeCollection.cifar10, 10, 2, 1), ("wrn164-4", .cifar100, 16, 4, 4),
    ("wrn4010-2", .digits, 40, 10, 2), ("wrn10010", .cifar10, 100, 10, 1),
    ("wrn10x64", .cifar10, 10, 64, 1), ("wrn106x4-16", .cifar10, 106, 4, 16),
    ("res18", .tinyImageNet, 18, 1, 1), ("res1810-3", .tinyImageNet, 18, 10, 3),
  ])
  func `networks of any depth and width, with any number of members, have recipes`(
    network: String, collection: RecipeCollection, depth: Int, width: Int, members: Int
  ) throws {
    let mixing = members == 1 ? "1net" : "cutmixmo-p5"
    let recipe = try Recipe(named: "\(network)_\(mixing)_standard_bar2", in: collection)
    #expect(recipe.name == "exp_\(collection.rawValue)_\(network)_\(mixing)_standard_bar2")
    let configuration = try RunConfigurationTests.read(recipe.text)
    #expect(configuration.model.network.depth == depth)
    #expect(configuration.model.network.widenFactor == width)
    #expect(configuration.memberCount == members)
    let coefficients = try configuration.model.loss.coefficients(memberCount: members)
    #expect(coefficients == Array(repeating: 1, count: members))
  }

  @Test func `every size has one name, by which it is found`() throws {
    for depth in stride(from: 10, through: 1000, by: 6) {
      for width in [1, 2, 4, 6, 10, 16, 40, 64] {
        let long = try Recipe(named: "wrn\(depth)x\(width)_1net_standard_bar1", in: .cifar10)
        let short = try Recipe(named: long.name, in: .cifar10)
        #expect(short.name == long.name)
        let text = try short.text
        #expect(
          text.contains("depth: \(depth)\n") && text.contains("widen_factor: \(width)\n"),
          "\(long.name)")
      }
    }
    #expect(
      try Recipe(named: "res18x1_1net_standard_bar1", in: .tinyImageNet).name
        == "exp_tinyimagenet_res18_1net_standard_bar1")
  }

  @Test func `the digits have the demo's schedule`() throws {
    let recipe = try Recipe(named: "wrn101-2_cutmixmo-p5_standard_bar1", in: .digits)
    let demo = try RunConfiguration(
      contentsOf: Self.config.appending(path: "digits/\(recipe.name).yaml"))
    let made = try RunConfigurationTests.read(recipe.text)
    #expect(made.data == demo.data && made.training == demo.training)
    #expect(made.model.optimizer == demo.model.optimizer)
    for epoch in [1, 2, 13, 14, 18, 20] {
      #expect(
        made.learningRate.at(epoch: epoch, step: 45 * epoch - 40)
          == demo.learningRate.at(epoch: epoch, step: 45 * epoch - 40))
    }
  }
}

// MARK: Templates and files

extension RecipeTests {
  static let recipe = Result {
    try Recipe(named: "wrn2810-2_cutmixmo-p5_standard_bar4", in: .cifar100)
  }

  private func fill(_ text: String) throws -> String {
    try RecipeTemplate(text: text, file: URL(filePath: "/a/template.yaml"))
      .filled(for: Self.recipe.get())
  }

  @Test func `a template may have the reference's placeholders and three others`() throws {
    let text = Self.placeholders.map { "\($0)=%(\($0))s" }.joined(separator: "\n")
    let filled = try fill(text).split(separator: "\n")
    #expect(filled.count == Self.placeholders.count)
    #expect(filled.contains("lrinit=0.0125") && filled.contains("dataset_name=cifar"))
    #expect {
      try fill("# 100 %%\na: 1\n  b: %(depths)s\n")
    } throws: {
      "\($0)" == "/a/template.yaml:3: unknown placeholder %(depths)s; known are "
        + (Self.placeholders + Self.furtherPlaceholders).sorted().joined(separator: ", ")
    }
  }

  @Test func `a template must have a term of the loss for each member`() throws {
    let loss = ["target: t\n", "input: logits_0\n", "input: logits_1\n", "input: logits_2\n"]
    func fill(_ template: String, members: Int) throws -> String {
      try RecipeTemplate(text: template, file: URL(filePath: "/a/template.yaml"))
        .filled(for: Recipe(named: "wrn102-\(members)_mimo_standard_bar1", in: .cifar10))
    }
    #expect(try fill(loss.joined(), members: 3) == loss.joined())
    #expect(try fill("a: 1", members: 16) == "a: 1")
    #expect {
      try fill(loss.joined(), members: 4)
    } throws: {
      "\($0)" == "/a/template.yaml:4: no term of the loss reads logits_3, of 4 members; add "
        + "%(further_loss_terms)s behind the target of the third term"
    }
    let five = try fill(loss.joined() + "%(further_loss_terms)s", members: 5)
    #expect(five.contains("logits_3") && five.contains("target_4") && !five.contains("logits_5"))
  }

  @Test func `digits are called by the placeholder of the whole name`() throws {
    let recipe = try Recipe(named: "wrn101_1net_standard_bar1", in: .digits)
    func fill(_ text: String) throws -> String {
      try RecipeTemplate(text: text, file: URL(filePath: "t.yaml")).filled(for: recipe)
    }
    #expect(try fill("%(dataset)s") == "digits")
    #expect {
      try fill("%(dataset_name)s")
    } throws: {
      "\($0)".contains("unknown placeholder %(dataset_name)s; known are batch_repetitions, ")
    }
  }

  @Test func `percent signs stand for themselves when doubled`() throws {
    #expect(try fill("a: 100 %%%%\r\n%(depth)s%%") == "a: 100 %%\r\n28%")
    #expect(try fill("") == "")
  }

  @Test(arguments: ["a\n%", "a\n%d", "\n%(depth)d", "\n%(depth", "\n%(depth\n)s", "\n% (depth)s"])
  func `a percent sign that means nothing is an error with its line`(text: String) {
    #expect {
      try fill(text)
    } throws: {
      "\($0)" == "/a/template.yaml:2: expected %(name)s, or %% for a single %"
    }
  }

  @Test func `a template that is no file is an error that names it`() {
    #expect {
      try RecipeTemplate(contentsOf: URL(filePath: "/nowhere/template.yaml"))
    } throws: {
      "\($0)".contains("/nowhere/template.yaml")
    }
  }

  @Test func `files are written once, and others' files are left alone`() throws {
    let folder = try TemporaryFolder()
    let output = folder.file("new")
    let recipes = RecipeCollection.cifar10.shipped
    let written = try RecipeFiles.write(recipes, to: output, replaces: false)
    #expect(written.map(\.recipe) == recipes.map(\.name))
    #expect(written.allSatisfy { $0.isNew })
    let again = try RecipeFiles.write(recipes, to: output, replaces: false)
    #expect(again.allSatisfy { !$0.isNew })

    let (first, last) = (written[0].file, written[7].file)
    try AtomicFile.write("mine", to: last)
    try FileManager.default.removeItem(at: first)
    #expect(throws: RecipeError.existing(last)) {
      try RecipeFiles.write(recipes, to: output, replaces: false)
    }
    #expect(!FileManager.default.fileExists(atPath: first.path))
    #expect(try String(contentsOf: last, encoding: .utf8) == "mine")
    let replaced = try RecipeFiles.write(recipes, to: output, replaces: true)
    #expect(replaced.map(\.isNew) == [true] + Array(repeating: false, count: 6) + [true])
    #expect(try String(contentsOf: last, encoding: .utf8) == recipes[7].text)
  }

  @Test func `a template's files are the template filled and nothing else`() throws {
    let folder = try TemporaryFolder()
    let recipe = try Self.recipe.get()
    let template = RecipeTemplate(text: "rate: %(lrinit)s\n", file: URL(filePath: "t.yaml"))
    let outcomes = try RecipeFiles.write(
      [recipe], filling: template, to: folder.url, replaces: false)
    #expect(try String(contentsOf: outcomes[0].file, encoding: .utf8) == "rate: 0.0125\n")
  }
}
