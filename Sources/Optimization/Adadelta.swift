import Checkpoints
import Formats
import Networks
import Tensors

/// Adadelta (Zeiler 2012).
///
/// With d the gradient plus decay · w: s is the running mean of d² with factor ρ;
/// δ = √(a + ε) / √(s + ε) · d, where a is the running mean of δ² up to the previous step;
/// w −= rate · δ.
package final class Adadelta: Optimizer {
  package let settings: Settings
  private let l2Penalty: Double
  private var memory: OptimizerMemory

  package init(
    _ parameters: [Parameter], settings: Settings, l2Penalty: Double, workers: Workers
  ) {
    self.settings = settings
    self.l2Penalty = l2Penalty
    memory = OptimizerMemory(of: parameters, ["square_avg", "acc_delta"], workers: workers)
  }

  package func step(learningRate: Double) {
    memory.advance()
    let (rate, epsilon) = (Float(learningRate), Float(settings.epsilon))
    let (rho, share) = (Float(settings.rho), Float(1 - settings.rho))
    let decay = Float(settings.weightDecay + 2 * l2Penalty)
    memory.forEachRange { value, gradient, arrays, range in
      let (w, g) = (value.elements, gradient.elements)
      let (s, a) = (arrays[0].elements, arrays[1].elements)
      for i in range {
        let d = g[i] + decay * w[i]
        s[i] = rho * s[i] + share * d * d
        let delta = (a[i] + epsilon).squareRoot() / (s[i] + epsilon).squareRoot() * d
        a[i] = rho * a[i] + share * delta * delta
        w[i] -= rate * delta
      }
    }
  }

  package func stateDictionary(learningRate: Double) -> CheckpointValue {
    memory.stateDictionary([
      "lr": .double(learningRate), "rho": .double(settings.rho),
      "eps": .double(settings.epsilon), "weight_decay": .double(settings.weightDecay),
      "maximize": false, "capturable": false, "foreach": .none, "differentiable": false,
    ])
  }

  package func restore(_ stateDictionary: CheckpointValue) -> Bool {
    memory.restore(stateDictionary)
  }
}

extension Adadelta {
  /// PyTorch's arguments, with its defaults.
  package struct Settings: Codable, Sendable, Equatable {
    /// At least 0.
    package let learningRate: Double
    /// The factor of the running means, in [0, 1].
    package let rho: Double
    /// At least 0.
    package let epsilon: Double
    /// At least 0.
    package let weightDecay: Double

    package enum CodingKeys: String, CodingKey, CaseIterable {
      case learningRate = "lr"
      case rho
      case epsilon = "eps"
      case weightDecay = "weight_decay"
    }

    package init(from decoder: any Decoder) throws {
      let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
      learningRate = try keys.decodeFinite(.learningRate, in: 0..., absent: 1)
      rho = try keys.decodeFinite(.rho, in: 0...1, absent: 0.9)
      epsilon = try keys.decodeFinite(.epsilon, in: 0..., absent: 1e-6)
      weightDecay = try keys.decodeFinite(.weightDecay, in: 0..., absent: 0)
    }
  }
}
