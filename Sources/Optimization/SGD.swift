import Checkpoints
import Formats
import Networks
import Tensors

/// Stochastic gradient descent with momentum.
///
/// With d the gradient plus decay · w: the first step sets the velocity v to d, later steps to
/// momentum · v + (1 − dampening) · d. Then w −= rate · v, or rate · (d + momentum · v) with
/// Nesterov's momentum (Sutskever, Martens, Dahl, Hinton 2013).
package final class SGD: Optimizer {
  package let settings: Settings
  private let l2Penalty: Double
  private var memory: OptimizerMemory

  package init(
    _ parameters: [Parameter], settings: Settings, l2Penalty: Double, workers: Workers
  ) {
    self.settings = settings
    self.l2Penalty = l2Penalty
    memory = OptimizerMemory(
      of: parameters, settings.momentum == 0 ? [] : ["momentum_buffer"], countsSteps: false,
      workers: workers)
  }

  package func step(learningRate: Double) {
    let isFirst = memory.isEmpty
    memory.advance()
    let (rate, momentum) = (Float(learningRate), Float(settings.momentum))
    let share = Float(1 - settings.dampening)
    let decay = Float(settings.weightDecay + 2 * l2Penalty)
    let usesNesterov = settings.usesNesterovMomentum
    memory.forEachRange { value, gradient, arrays, range in
      let (w, g) = (value.elements, gradient.elements)
      guard let v = arrays.first?.elements else {
        for i in range { w[i] -= rate * (g[i] + decay * w[i]) }
        return
      }
      for i in range {
        let d = g[i] + decay * w[i]
        v[i] = isFirst ? d : momentum * v[i] + share * d
        w[i] -= rate * (usesNesterov ? d + momentum * v[i] : v[i])
      }
    }
  }

  package func stateDictionary(learningRate: Double) -> CheckpointValue {
    memory.stateDictionary([
      "lr": .double(learningRate), "momentum": .double(settings.momentum),
      "dampening": .double(settings.dampening), "weight_decay": .double(settings.weightDecay),
      "nesterov": .bool(settings.usesNesterovMomentum), "maximize": false, "foreach": .none,
      "differentiable": false, "fused": .none,
    ])
  }

  package func restore(_ stateDictionary: CheckpointValue) -> Bool {
    memory.restore(stateDictionary)
  }
}

extension SGD {
  /// PyTorch's arguments, with its defaults except for the learning rate.
  package struct Settings: Codable, Sendable, Equatable {
    /// At least 0.
    package let learningRate: Double
    /// In [0, 1]; above 0 with Nesterov's momentum.
    package let momentum: Double
    /// The fraction of the gradient that is not added to the velocity, in [0, 1]; 0 with Nesterov's
    /// momentum.
    package let dampening: Double
    /// At least 0.
    package let weightDecay: Double
    package let usesNesterovMomentum: Bool

    package enum CodingKeys: String, CodingKey, CaseIterable {
      case learningRate = "lr"
      case momentum, dampening
      case weightDecay = "weight_decay"
      case usesNesterovMomentum = "nesterov"
    }

    package init(
      learningRate: Double, momentum: Double = 0, dampening: Double = 0, weightDecay: Double = 0,
      usesNesterovMomentum: Bool = false
    ) {
      self.learningRate = learningRate
      self.momentum = momentum
      self.dampening = dampening
      self.weightDecay = weightDecay
      self.usesNesterovMomentum = usesNesterovMomentum
    }

    package init(from decoder: any Decoder) throws {
      let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
      learningRate = try keys.decodeFinite(.learningRate, in: 0...)
      momentum = try keys.decodeFinite(.momentum, in: 0...1, absent: 0)
      dampening = try keys.decodeFinite(.dampening, in: 0...1, absent: 0)
      weightDecay = try keys.decodeFinite(.weightDecay, in: 0..., absent: 0)
      usesNesterovMomentum = try keys.decodeUnlessNone(Bool.self, .usesNesterovMomentum) ?? false
      guard !usesNesterovMomentum || momentum > 0 else {
        throw keys.corrupted(.momentum, "expected a momentum above 0 with nesterov, found 0")
      }
      guard !usesNesterovMomentum || dampening == 0 else {
        throw keys.corrupted(
          .dampening, "expected a dampening of 0 with nesterov, found \(dampening)")
      }
    }
  }
}
