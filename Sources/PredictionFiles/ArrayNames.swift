/// The names of arrays in an archive, and what they say.
package struct ArrayNames {
  /// What an array holds by its name.
  package enum Content {
    case logits, probabilities, labels
    /// Names of rows or classes.
    case names
    case unknown
  }

  package let names: [String]

  package init(names: [String]) { self.names = names }

  /// The array of predictions that is meant, or nil where several or none can be.
  ///
  /// Logits are preferred to probabilities unless these are asked for; an array of another name is
  /// taken where it is the only one.
  package func predictions(areProbabilities: Bool?) -> String? {
    let wanted: [Content] =
      areProbabilities == true ? [.probabilities, .logits] : [.logits, .probabilities]
    for content in wanted {
      let found = names.filter { Self.content(of: $0) == content }
      if !found.isEmpty { return Self.one(of: found, preferring: ["logits", "probabilities"]) }
    }
    return Self.one(of: names.filter { Self.content(of: $0) == .unknown }, preferring: [])
      ?? (names.count == 1 ? names[0] : nil)
  }

  /// The array of labels that is meant, or nil where several or none can be.
  package var labels: String? {
    let found = names.filter { Self.content(of: $0) == .labels }
    if !found.isEmpty { return Self.one(of: found, preferring: ["labels", "targets"]) }
    return names.count == 1 ? names[0] : nil
  }

  private static func one(of found: [String], preferring exact: [String]) -> String? {
    found.count == 1 ? found[0] : exact.first(where: found.contains)
  }

  /// What an array of this name holds.
  package static func content(of name: String) -> Content {
    let words = words(of: name)
    // Logarithms of probabilities are logits.
    if words.contains("log"), !words.isDisjoint(with: probabilityWords) { return .logits }
    if !words.isDisjoint(with: logitWords) { return .logits }
    if !words.isDisjoint(with: probabilityWords) { return .probabilities }
    if !words.isDisjoint(with: nameWords) { return .names }
    // Predicted classes and scores are no labels.
    if !words.isDisjoint(with: predictionWords) {
      return .unknown
    }
    return words.isDisjoint(with: labelWords) ? .unknown : .labels
  }

  /// The words of a name such as `test_probs` or `testProbs`, in lower case.
  private static func words(of name: String) -> Set<String> {
    var words: [String] = [""]
    var wasLowercase = false
    for character in name {
      if !character.isLetter || character.isUppercase && wasLowercase { words.append("") }
      if character.isLetter { words[words.count - 1] += character.lowercased() }
      wasLowercase = character.isLowercase
    }
    return Set(words)
  }

  private static let logitWords: Set = [
    "logits", "logit", "logprobs", "logprob", "logp", "logsoftmax", "logproba", "logprobabilities",
  ]
  private static let probabilityWords: Set = [
    "probabilities", "probability", "probs", "prob", "proba", "probas", "p", "softmax", "softmaxes",
    "sigmoid", "posterior", "posteriors",
  ]
  private static let predictionWords: Set = [
    "pred", "preds", "predicted", "prediction", "predictions", "hat", "score", "scores", "output",
    "outputs",
  ]
  private static let labelWords: Set = [
    "labels", "label", "targets", "target", "y", "gt", "truth", "groundtruth", "class", "classes",
  ]
  private static let nameWords: Set = [
    "names", "name", "filenames", "filename", "files", "file", "paths", "path", "id", "ids", "idx",
    "index", "indices",
  ]
}
