import Formats

/// The `loss` part of a configuration file: a cross-entropy for each member and an L2 penalty.
package struct LossConfiguration: Codable, Sendable, Equatable {
  /// One member's cross-entropy.
  package struct Term: Codable, Sendable, Equatable {
    package let name: String
    package let displayName: String
    package let coefficient: Coefficient
    package let input: String
    package let target: String

    package enum CodingKeys: String, CodingKey, CaseIterable {
      case name
      case displayName = "display_name"
      case coefficient = "coeff"
      case input, target
    }
  }

  /// The weight of a term: a number, or the reference's `<num_members`, which is 1 for a member that
  /// exists and 0 otherwise.
  package enum Coefficient: Sendable, Equatable {
    case value(Double)
    case ifMemberExists
  }

  package let name: String
  package let displayName: String
  /// The factor of Σ w² over all parameters, including biases and batch normalization.
  package let l2Penalty: Double
  package let terms: [Term]

  package enum CodingKeys: String, CodingKey, CaseIterable {
    case terms = "listloss"
    case name
    case displayName = "display_name"
    case l2Penalty = "l2_reg"
  }

  package init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    name = try keys.decode(String.self, forKey: .name)
    guard name == "multitask" else {
      throw keys.corrupted(.name, "expected multitask, found \"\(name)\"")
    }
    displayName = try keys.decodeIfPresent(String.self, forKey: .displayName) ?? "main"
    l2Penalty = try keys.decodeFinite(.l2Penalty, in: 0..., absent: 0)
    terms = try keys.decode([Term].self, forKey: .terms)
  }

  /// A term with a weight that reads the logits of a member that does not exist.
  package struct MissingMember: Error, Equatable {
    package let term: String
    package let member: Int
    package let memberCount: Int

    package init(term: String, member: Int, memberCount: Int) {
      self.term = term
      self.member = member
      self.memberCount = memberCount
    }
  }

  /// The weight of each member's cross-entropy: the sum of the coefficients of its terms.
  ///
  /// - Throws: `MissingMember`.
  package func coefficients(memberCount: Int) throws(MissingMember) -> [Double] {  // [M]
    var coefficients = [Double](repeating: 0, count: memberCount)
    for term in terms {
      let member = term.member
      switch term.coefficient {
      case .ifMemberExists where member >= memberCount: continue
      case .ifMemberExists: coefficients[member] += 1
      case .value(0): continue
      case .value(let value):
        guard member < memberCount else {
          throw MissingMember(
            term: term.displayName, member: member, memberCount: memberCount)
        }
        coefficients[member] += value
      }
    }
    return coefficients
  }
}

extension LossConfiguration.Term {
  package init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    name = try keys.decode(String.self, forKey: .name)
    guard name == "soft_cross_entropy" else {
      throw keys.corrupted(.name, "expected soft_cross_entropy, found \"\(name)\"")
    }
    displayName = try keys.decodeIfPresent(String.self, forKey: .displayName) ?? name
    coefficient = try keys.decode(LossConfiguration.Coefficient.self, forKey: .coefficient)
    input = try keys.decode(String.self, forKey: .input)
    target = try keys.decode(String.self, forKey: .target)
    guard let member = Self.member(input, prefix: "logits_") else {
      throw keys.corrupted(.input, "expected logits_0, logits_1, …; found \"\(input)\"")
    }
    guard Self.member(target, prefix: "target_") == member else {
      throw keys.corrupted(
        .target, "expected target_\(member) as for \(input), found \"\(target)\"")
    }
  }

  /// The member whose logits the term reads.
  var member: Int { Self.member(input, prefix: "logits_") ?? 0 }

  private static func member(_ text: String, prefix: String) -> Int? {
    guard text.hasPrefix(prefix) else { return nil }
    return Int(text.dropFirst(prefix.count)).flatMap { (0..<1000).contains($0) ? $0 : nil }
  }
}

extension LossConfiguration.Coefficient: Codable {
  private static let condition = "<num_members"

  package init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let text = try? value.decode(String.self), text == Self.condition {
      self = .ifMemberExists
    } else {
      let coefficient = try value.decode(Double.self)
      guard coefficient.isFinite else {
        throw DecodingError.dataCorruptedError(
          in: value, debugDescription: "expected a finite number, found \(coefficient)")
      }
      self = .value(coefficient)
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .value(let value): try container.encode(value)
    case .ifMemberExists: try container.encode(Self.condition)
    }
  }
}
