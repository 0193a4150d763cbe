import Formats
import Scoring

extension RunRecord {
  /// What the members of a run are to one another, which decides which of their ensembles comes first.
  package enum Members: String, Codable, Sendable {
    /// Subnetworks of one network, as those of MixMo: the mean of their logits.
    case subnetworks
    /// Networks of their own, as those of a deep ensemble: the mean of their probabilities.
    case independent

    /// - Throws: `DecodingError` for another name.
    package init(from decoder: any Decoder) throws {
      let name = try decoder.singleValueContainer().decode(String.self)
      guard let members = Self(rawValue: name) else {
        throw DecodingError.dataCorrupted(
          .init(
            codingPath: decoder.codingPath,
            debugDescription:
              "expected \(Self.subnetworks.rawValue) or \(Self.independent.rawValue), "
              + "found \"\(name.oneLine)\""))
      }
      self = members
    }

    /// The predictor of the first row.
    package var mainPredictor: Predictor {
      switch self {
      case .subnetworks: .ensemble
      case .independent: .ensembleProbabilities
      }
    }

    /// What a reader of a page is told.
    package var sentence: String {
      switch self {
      case .subnetworks: "subnetworks of one network; their ensemble is the mean of their logits"
      case .independent: "independent networks; their ensemble is the mean of their probabilities"
      }
    }
  }

  /// The predictor of the first row of the tables: the network where there is one member, else the
  /// ensemble of such members.
  ///
  /// Older versions, which recorded no members, had the mean of logits first.
  package func mainPredictor(memberCount: Int) -> Predictor {
    memberCount > 1 ? (members ?? .subnetworks).mainPredictor : .network
  }
}
