import ArgumentParser
import Foundation
import Training

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Writes the configurations of published experiments and their relatives.",
    example: HelpExample(
      "the names of recipes for CIFAR-100",
      "mixmo config create --dataset cifar100 --list"),
    discussion: """
      Example: the file of one of them:

        mixmo config create --dataset cifar100 --output my-config \\
          --recipe wrn2810-3_cutmixmo-p5_standard_bar2
      """,
    subcommands: [ConfigCreateCommand.self])
}

struct ConfigCreateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Writes configuration files from the table of recipes.",
    example: HelpExample(
      "the published experiments on CIFAR-100",
      "mixmo config create --dataset cifar100 --output my-config"),
    discussion: """
      A recipe's name is [exp_DATASET_]NETWORK_MIXMO_AUGMENTATION_SCHEDULE:

        network       wrnDEPTHWIDTH (CIFAR, digits): wrn2810, wrn102;
                      res18, res18WIDTH (Tiny-ImageNet): res18, res182;
                      then -MEMBERS for several subnetworks: wrn2810-2
        mixmo         1net, mimo, linearmixmo, cowmixmo-p5, cutmixmo-p5,
                      cutmixmo-p2, cutmixmo-p5-a4, cutmixmo-p5-r1
        augmentation  standard, daaugmix, msdamixup, msdacutmix
        schedule      bar1, bar2, bar4: each image 1, 2 or 4 times in its batch

      A depth is 10, 16, 22, 28 and so on, a width 1 to 64, and there are up to 16 subnetworks; of \
      three and more, mimo, linearmixmo and cutmixmo mix the inputs. --list has the published \
      networks and the demo's. A file names a published accuracy only where it is the published \
      configuration.

      Without --recipe, the published files are written. With --template, the \
      %(name)s in a file are replaced by the recipe's values, as MixMo's generator does.

      Example: Cut-MixMo with α = 4, a small network, and the published experiments on Tiny-ImageNet:

        mixmo config create --dataset cifar100 --output my-config \\
          --recipe wrn2810-2_cutmixmo-p5-a4_standard_bar4
        mixmo config create --dataset cifar10 --output my-config \\
          --recipe wrn102-2_cutmixmo-p5_standard_bar1
        mixmo config create --dataset tinyimagenet200 --output my-config
      """)

  @Option(help: ArgumentHelp("The data set.", valueName: "name"))
  var dataset: RecipeCollection?

  @Option(
    name: [.long, .customShort("c")],
    help: ArgumentHelp("The folder that the files go to.", valueName: "dir"))
  var output: String?

  @Option(help: ArgumentHelp("Write this recipe; may be repeated.", valueName: "name"))
  var recipe: [String] = []

  @Option(
    name: [.long, .customShort("t")],
    help: ArgumentHelp("A file to fill in instead of the standard one.", valueName: "file"))
  var template: String?

  @Flag(help: "Print the names of the recipes of the published networks; write nothing.")
  var list = false

  @Flag(help: "Replace files that differ.")
  var force = false

  @OptionGroup var options: OutputOptions

  func validate() throws {
    if list {
      guard output == nil, recipe.isEmpty, template == nil, !force else {
        throw ValidationError("--list goes with --dataset alone.")
      }
    } else {
      guard dataset != nil, output != nil else {
        throw ValidationError("Give --dataset and --output, or --list.")
      }
    }
    _ = try recipes()
  }

  private func recipes() throws -> [Recipe] {
    guard let dataset else { return [] }
    if recipe.isEmpty {
      guard list || !dataset.shipped.isEmpty else {
        throw ValidationError(
          "--dataset \(dataset.rawValue): no experiments are published; name recipes with --recipe."
        )
      }
      return dataset.shipped
    }
    return try recipe.map { name in
      do {
        return try Recipe(named: name, in: dataset)
      } catch {
        throw ValidationError("\(error.messageWithAdvice).")
      }
    }
  }

  func run() throws {
    if list { return try showNames() }
    let outcomes = try RecipeFiles.write(
      recipes(),
      filling: template.map { try RecipeTemplate(contentsOf: URL(fileURLWithPath: $0)) },
      to: URL(fileURLWithPath: output ?? ""), replaces: force)
    if options.json { return try options.terminal.show(json: outcomes.map(Row.init)) }
    for outcome in outcomes {
      try options.terminal.show(
        "\(outcome.file.path): \(outcome.isNew ? "written" : "already there")\n")
    }
  }

  private func showNames() throws {
    let recipes = (dataset.map { [$0] } ?? RecipeCollection.allCases).flatMap(\.recipes)
    if options.json { return try options.terminal.show(json: recipes.map(Name.init)) }
    try options.terminal.show(recipes.map { $0.name + "\n" }.joined())
  }

  /// A written file, as JSON.
  private struct Row: Encodable {
    let recipe: String
    let file: String
    let isNew: Bool

    init(_ outcome: RecipeFiles.Outcome) {
      recipe = outcome.recipe
      file = outcome.file.path
      isNew = outcome.isNew
    }
  }

  /// A recipe of the list, as JSON.
  private struct Name: Encodable {
    let recipe: String
    let isShipped: Bool
    /// In percent.
    let publishedAccuracies: [Double]

    init(_ recipe: Recipe) {
      self.recipe = recipe.name
      isShipped = recipe.isShipped
      publishedAccuracies = recipe.publishedAccuracies
    }
  }
}

extension RecipeCollection: ExpressibleByArgument {
  private static let tinyImageNetName = "tinyimagenet200"

  /// Also accepts the name in the reference's generator, which lacks the number of classes.
  public init?(argument: String) {
    self.init(rawValue: argument == Self.tinyImageNetName ? "tinyimagenet" : argument)
  }

  public static var allValueStrings: [String] {
    allCases.map { $0 == .tinyImageNet ? tinyImageNetName : $0.rawValue }
  }
}
