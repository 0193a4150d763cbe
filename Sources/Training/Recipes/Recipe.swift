import Datasets
import Foundation
import Loading

/// An experiment of the paper, or another combination of the same parts; the name spells the parts.
package struct Recipe: Sendable {
  package let collection: RecipeCollection
  let network: Network
  let mixing: Mixing
  let augmentation: Augmentation
  let schedule: Schedule
}

extension Recipe {
  /// The recipe `name`, with or without `exp_<data set>_` before it.
  ///
  /// - Throws: `RecipeError`.
  package init(named name: String, in collection: RecipeCollection) throws(RecipeError) {
    let prefix = "exp_\(collection.rawValue)_"
    let words = (name.hasPrefix(prefix) ? name.dropFirst(prefix.count) : name[...])
      .split(separator: "_", omittingEmptySubsequences: false).map(String.init)
    guard words.count == 4 else {
      throw .malformedName(name, expected: prefix + "NETWORK_MIXMO_AUGMENTATION_SCHEDULE")
    }
    func part<Part: RecipePart>(_ word: String, of known: [Part]) throws(RecipeError) -> Part {
      guard let part = known.first(where: { $0.name == word }) else {
        throw .unknownPart(name, found: word, known: known.map(\.name))
      }
      return part
    }
    self.collection = collection
    network = try Network(named: words[0], of: name, isWide: collection.isWide)
    mixing = try part(words[1], of: Mixing.all)
    augmentation = try part(words[2], of: Augmentation.all)
    schedule = try part(words[3], of: Schedule.all)
    if let contradiction { throw .impossible(name, contradiction) }
  }

  /// The name without `exp_<data set>_`.
  private var shortName: String {
    [network.name, mixing.name, augmentation.name, schedule.name].joined(separator: "_")
  }

  /// The name of the configuration file without extension.
  package var name: String { "exp_\(collection.rawValue)_\(shortName)" }

  /// Whether the folder `config` has the recipe's configuration file.
  package var isShipped: Bool { published != nil }

  /// The published top-1 accuracies on the clean test set, in percent.
  package var publishedAccuracies: [Double] { published ?? [] }

  private var published: [Double]? {
    collection.published.first { $0.recipe == shortName }?.accuracies
  }

  /// Why the parts cannot be combined; nil if they can.
  var contradiction: String? {
    let count = network.memberCount
    guard let method = mixing.method else {
      return count == 1 ? nil : "\(mixing.name) is for one network, \(network.name) has \(count)"
    }
    if count == 1 { return "\(mixing.name) mixes several networks, \(network.name) is one" }
    return MixingMethod.methods(mixing: count).contains(method)
      ? nil : "\(method.rawValue) mixes two inputs, \(network.name) has \(count)"
  }
}

// MARK: Parts

/// A part of a recipe; its name is a word of the recipe's name.
protocol RecipePart: Sendable {
  var name: String { get }
}

extension Recipe {
  /// How the subnetworks' inputs are mixed in features: `p5` is probability 0.5, `a4` is α = 4, `r1`
  /// is root 1.
  struct Mixing: RecipePart {
    let name: String
    let method: MixingMethod?
    let probability: Double
    let alpha: Double
    let weightRoot: Double

    private init(
      _ name: String, _ method: MixingMethod?, probability: Double = 1, alpha: Double = 2,
      weightRoot: Double = 3
    ) {
      self.name = name
      self.method = method
      self.probability = probability
      self.alpha = alpha
      self.weightRoot = weightRoot
    }

    static let all = [
      Mixing("1net", nil),
      Mixing("mimo", .mixup, alpha: 0, weightRoot: 1),
      Mixing("linearmixmo", .mixup),
      Mixing("cutmixmo-p5", .cutmix, probability: 0.5),
      Mixing("cutmixmo-p5-a4", .cutmix, probability: 0.5, alpha: 4),
      Mixing("cutmixmo-p5-r1", .cutmix, probability: 0.5, weightRoot: 1),
      Mixing("cutmixmo-p2", .cutmix, probability: 0.2),
      Mixing("cowmixmo-p5", .cow, probability: 0.5),
    ]
  }

  /// The augmentation of images besides crop and flip.
  struct Augmentation: RecipePart {
    let name: String
    var mixing: MixingMethod?
    var method: AugmentationMethod?

    static let all = [
      Augmentation(name: "standard"),
      Augmentation(name: "daaugmix", method: .augmix),
      Augmentation(name: "msdamixup", mixing: .mixup),
      Augmentation(name: "msdacutmix", mixing: .cutmix),
    ]
  }

  /// How often an image is repeated in its batch: the learning rate is divided by that number, and
  /// the warm-up multiplied.
  struct Schedule: RecipePart {
    let repetitions: Int

    var name: String { "bar\(repetitions)" }

    static let all = [1, 2, 4].map(Schedule.init)
  }
}

// MARK: All recipes

extension RecipeCollection {
  /// The recipes in the folder `config`.
  package var shipped: [Recipe] {
    published.compactMap { try? Recipe(named: $0.recipe, in: self) }
  }

  /// Every recipe of the listed networks, the shipped ones first.
  package var recipes: [Recipe] {
    let all = networks.flatMap { network in
      Recipe.Mixing.all.flatMap { mixing in
        Recipe.Augmentation.all.flatMap { augmentation in
          Recipe.Schedule.all.map { schedule in
            Recipe(
              collection: self, network: network, mixing: mixing, augmentation: augmentation,
              schedule: schedule)
          }
        }
      }
    }
    return shipped + all.filter { $0.contradiction == nil && !$0.isShipped }
  }
}

// MARK: Errors

/// A recipe that cannot be found or written.
package enum RecipeError: Error, Equatable, CustomStringConvertible {
  case malformedName(String, expected: String)
  case unknownPart(String, found: String, known: [String])
  case unknownNetwork(String, found: String, expected: String)
  /// A network whose depth and width can be told apart in several ways.
  case unclearNetwork(String, found: String, choices: [String])
  /// Parts that cannot be combined, and why.
  case impossible(String, String)
  /// A file of that name exists with other contents.
  case existing(URL)

  package var description: String {
    switch self {
    case .malformedName(let name, let expected):
      "recipe \"\(name)\": expected a name such as \(expected)"
    case .unknownPart(let name, let found, let known):
      "recipe \"\(name)\": unknown part \"\(found)\"; known are \(known.joined(separator: ", "))"
    case .unknownNetwork(let name, let found, let expected):
      "recipe \"\(name)\": unknown network \"\(found)\"; expected \(expected)"
    case .unclearNetwork(let name, let found, let choices):
      "recipe \"\(name)\": \"\(found)\" can be several networks; write "
        + choices.joined(separator: " or ")
    case .impossible(let name, let reason):
      "recipe \"\(name)\": \(reason)"
    case .existing(let url):
      "\(url.path): another file exists; choose another folder, or replace it with --force"
    }
  }
}
