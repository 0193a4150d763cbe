extension RunRecord {
  /// Records what a user was told about files, of which some are doubts.
  package mutating func keep(notes all: [String], doubts: [Doubt]) {
    let others = all.filter { note in !doubts.contains { $0.sentence == note } }
    notes = others.isEmpty ? nil : others
    self.doubts = doubts.isEmpty ? nil : doubts
  }

  /// A sign that predictions, labels or images are not what they are taken for.
  package struct Doubt: Codable, Sendable, Equatable {
    /// What is looked for: the name in records, which stays.
    package enum Rule: String, Sendable, CaseIterable {
      /// No more answers are right than by chance.
      case chance
      /// Another order of the classes makes far more answers right.
      case renamed = "renamed-classes"
      /// Numbers that are scored as logits look like probabilities.
      case probabilities
      /// Numbers that are scored as logits look like percentages.
      case percentages
      /// Numbers that are scored as logits look like shares of a number, such as votes.
      case shares
      /// All rows of a cell are alike.
      case equalRows = "equal-rows"
      /// Members have the same predictions.
      case equalMembers = "equal-members"
      /// Cells have the same predictions.
      case equalCells = "equal-cells"
      /// Right answers have hardly any confidence.
      case flatConfidence = "flat-confidence"
      /// Accuracy at severity 5 is above that on clean images.
      case betterAtSeverity5 = "better-at-severity-5"

      /// Whether it asks what the numbers are, which is known of files before they are scored.
      package var isOfNumbers: Bool {
        switch self {
        case .probabilities, .percentages, .shares: true
        default: false
        }
      }
    }

    /// The name of its rule: that of a `Rule`, or of one that another version looks for.
    package var rule: String
    /// What a user is told.
    package var sentence: String

    package init(_ rule: Rule, _ sentence: String) {
      self.rule = rule.rawValue
      self.sentence = sentence
    }

    /// Whether it asks what the numbers are.
    package var isOfNumbers: Bool { Rule(rawValue: rule)?.isOfNumbers ?? false }
  }
}
