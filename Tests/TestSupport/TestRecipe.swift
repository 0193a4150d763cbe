import Foundation

/// The demo's configuration with some values replaced: small enough to train in a test.
package struct TestRecipe {
  package private(set) var text: String

  /// The demo's file with `key: value` lines changed; a key that it lacks stops the test.
  package init(_ replacements: [String: String] = [:]) throws {
    let name = "exp_digits_wrn101-2_cutmixmo-p5_standard_bar1.yaml"
    let url = TestPackage.url.appending(path: "config/digits/\(name)")
    text = try String(contentsOf: url, encoding: .utf8)
    for (key, value) in replacements { try replace(key, by: value) }
  }

  /// The smallest network and few epochs.
  package static func small(epochs: Int, _ replacements: [String: String] = [:]) throws
    -> TestRecipe
  {
    try TestRecipe(
      ["nb_epochs": "\(epochs)", "widen_factor": "1", "batch_size": "16", "warmup_period": "4"]
        .merging(replacements) { $1 })
  }

  package mutating func replace(_ key: String, by value: String) throws {
    let expression = try NSRegularExpression(
      pattern: "(?m)^( *(?:- )?\(NSRegularExpression.escapedPattern(for: key)):).*$")
    let range = NSRange(text.startIndex..., in: text)
    struct NoSuchKey: Error { let key: String }
    guard expression.firstMatch(in: text, range: range) != nil else { throw NoSuchKey(key: key) }
    text = expression.stringByReplacingMatches(
      in: text, range: range,
      withTemplate: "$1 " + NSRegularExpression.escapedTemplate(for: value))
  }

  /// Mixes each image with another one.
  package mutating func mixImages(by method: String) {
    text = text.replacing("mix_method: null", with: "mix_method: \(method)")
  }

  /// Replaces SGD by another optimizer.
  ///
  /// - Parameter optimizer: The value of the key `optimizer`, on one line.
  package mutating func replace(optimizer: String) {
    text = text.replacing(
      #/(?s) {2}optimizer:.*?(?= {2}warmup_period)/#, with: "  optimizer: \(optimizer)\n")
  }

  /// Replaces the cross-entropy of each member by other terms.
  ///
  /// - Parameter terms: The value of the key `listloss`, on one line.
  package mutating func replace(lossTerms terms: String) {
    text = text.replacing(
      #/(?s) {4}listloss:.*?(?= {4}name: multitask)/#, with: "    listloss: \(terms)\n")
  }

  package mutating func append(_ lines: String) { text += lines }
}
