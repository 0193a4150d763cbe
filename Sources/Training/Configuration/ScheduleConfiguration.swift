import Formats

/// The `lr_schedule` part of a configuration file: a factor for each milestone epoch.
package struct ScheduleConfiguration: Codable, Sendable, Equatable {
  package struct Parameters: Codable, Sendable, Equatable {
    /// The factor that the learning rate is multiplied by from each epoch on.
    ///
    /// Milestones below 1, which some of the reference's files have, are never reached.
    package let factorAtMilestone: [Int: Double]

    package enum CodingKeys: String, CodingKey, CaseIterable {
      case factorAtMilestone = "dict_milestone_to_gamma"
    }

    package init(from decoder: any Decoder) throws {
      let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
      factorAtMilestone = try keys.decode([Int: Double].self, forKey: .factorAtMilestone)
      guard factorAtMilestone.values.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
        throw keys.corrupted(.factorAtMilestone, "expected factors of at least 0")
      }
    }
  }

  package let name: String
  package let parameters: Parameters

  package enum CodingKeys: String, CodingKey, CaseIterable {
    case name
    case parameters = "params"
  }

  package init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    name = try keys.decode(String.self, forKey: .name)
    guard name == "multigamma_step" else {
      throw keys.corrupted(.name, "expected multigamma_step, found \"\(name)\"")
    }
    parameters = try keys.decode(Parameters.self, forKey: .parameters)
  }
}
