import Datasets
import Foundation

/// An experiment of the paper, or one made of the same parts, with a name that spells it.
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
  /// - Throws: what is wrong with the name.
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
    network = try part(words[0], of: collection.networks)
    mixing = try part(words[1], of: Mixing.all)
    augmentation = try part(words[2], of: Augmentation.all)
    schedule = try part(words[3], of: Schedule.all)
    if let contradiction { throw .impossible(name, contradiction) }
  }

  /// The name without that of the data set.
  private var shortName: String {
    [network.name, mixing.name, augmentation.name, schedule.name].joined(separator: "_")
  }

  /// The name, which is that of the configuration file without extension.
  package var name: String { "exp_\(collection.rawValue)_\(shortName)" }

  /// Whether `config` has it.
  package var isShipped: Bool { published != nil }

  /// The published top-1 accuracies on the clean test set in per cent.
  package var publishedAccuracies: [Double] { published ?? [] }

  private var published: [Double]? {
    collection.published.first { $0.recipe == shortName }?.accuracies
  }

  /// Why the parts do not go together.
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

/// A recipe that cannot be found or written.
package enum RecipeError: Error, Equatable, CustomStringConvertible {
  case malformedName(String, expected: String)
  case unknownPart(String, found: String, known: [String])
  /// Parts that do not go together, and why.
  case impossible(String, String)
  /// There is another file already.
  case existing(URL)

  package var description: String {
    switch self {
    case .malformedName(let name, let expected):
      "recipe \"\(name)\": expected a name such as \(expected)"
    case .unknownPart(let name, let found, let known):
      "recipe \"\(name)\": unknown part \"\(found)\"; known are \(known.joined(separator: ", "))"
    case .impossible(let name, let reason):
      "recipe \"\(name)\": \(reason)"
    case .existing(let url):
      "\(url.path): another file is there; choose another folder, or replace it with --force"
    }
  }
}
