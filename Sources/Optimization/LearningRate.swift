import Formats

/// The learning rate as a pure function of epoch and step, so that a resumed run has the rate of an
/// uninterrupted one.
package struct LearningRate: Sendable {
  /// The rate between warm-up and milestones.
  package let base: Double
  /// The number of steps over which the rate rises linearly to `base`.
  package let warmupSteps: Int
  /// The factor that applies from each epoch on.
  package let factorAtMilestone: [Int: Double]

  package init(base: Double, warmupSteps: Int, factorAtMilestone: [Int: Double]) {
    self.base = base
    self.warmupSteps = warmupSteps
    self.factorAtMilestone = factorAtMilestone
  }

  /// The learning rate of a step.
  ///
  /// - Parameters:
  ///   - epoch: counted from 1.
  ///   - step: counted from 1 over all epochs.
  /// - Returns: The factor of the gradient.
  package func at(epoch: Int, step: Int) -> Double {
    guard step > warmupSteps else { return base * Double(step) / Double(warmupSteps) }
    let reached = factorAtMilestone.keys.filter { (1...epoch).contains($0) }.sorted()
    return reached.reduce(base) { $0 * (factorAtMilestone[$1] ?? 1) }
  }
}

/// The `lr_schedule` part of a configuration file: a factor for each milestone epoch.
package struct ScheduleConfiguration: Codable, Sendable, Equatable {
  package struct Parameters: Codable, Sendable, Equatable {
    /// The factor of the learning rate from each epoch on, at least 0.
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
