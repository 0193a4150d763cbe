import Formats

/// The `optimizer` part of a configuration file.
package struct OptimizerConfiguration: Codable, Sendable, Equatable {
  package enum Name: String, Codable, CaseIterable, Sendable { case sgd }

  /// PyTorch's parameters of SGD, with its defaults.
  package struct Parameters: Codable, Sendable, Equatable {
    package let learningRate: Double
    package let momentum: Double
    package let weightDecay: Double
    package let usesNesterovMomentum: Bool

    package enum CodingKeys: String, CodingKey, CaseIterable {
      case learningRate = "lr"
      case momentum
      case weightDecay = "weight_decay"
      case usesNesterovMomentum = "nesterov"
    }

    package init(
      learningRate: Double, momentum: Double = 0, weightDecay: Double = 0,
      usesNesterovMomentum: Bool = false
    ) {
      self.learningRate = learningRate
      self.momentum = momentum
      self.weightDecay = weightDecay
      self.usesNesterovMomentum = usesNesterovMomentum
    }

    package init(from decoder: any Decoder) throws {
      let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
      learningRate = try keys.decode(.learningRate, in: 0.0...)
      func number(_ key: CodingKeys, in range: some RangeExpression<Double>) throws -> Double {
        try keys.decodeUnlessNone(Double.self, key) == nil ? 0 : keys.decode(key, in: range)
      }
      momentum = try number(.momentum, in: 0.0...1.0)
      weightDecay = try number(.weightDecay, in: 0.0...)
      usesNesterovMomentum = try keys.decodeUnlessNone(Bool.self, .usesNesterovMomentum) ?? false
      guard !usesNesterovMomentum || momentum > 0 else {
        throw keys.corrupted(.momentum, "expected a momentum above 0 with nesterov, found 0")
      }
    }
  }

  package let name: Name
  package let parameters: Parameters

  package enum CodingKeys: String, CodingKey, CaseIterable {
    case name
    case parameters = "params"
  }

  package init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    name = try keys.decodeCase(Name.self, .name)
    parameters = try keys.decode(Parameters.self, forKey: .parameters)
  }
}

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
