import Checkpoints
import Formats
import Networks
import Tensors

/// RMSprop (Tieleman, Hinton 2012), optionally centered (Graves 2013) and with momentum.
///
/// With d the gradient plus decay · w: s is the running mean of d² with factor α, if centered minus
/// the square of the running mean of d; q = d / (√s + ε); w −= rate · q, or rate · v with
/// v = momentum · v + q.
package final class RMSprop: Optimizer {
  package let settings: Settings
  private let l2Penalty: Double
  private var memory: OptimizerMemory

  package init(
    _ parameters: [Parameter], settings: Settings, l2Penalty: Double, workers: Workers
  ) {
    self.settings = settings
    self.l2Penalty = l2Penalty
    memory = OptimizerMemory(
      of: parameters,
      ["square_avg"] + (settings.momentum > 0 ? ["momentum_buffer"] : [])
        + (settings.isCentered ? ["grad_avg"] : []),
      workers: workers)
  }

  package func step(learningRate: Double) {
    memory.advance()
    let (rate, momentum) = (Float(learningRate), Float(settings.momentum))
    let (alpha, share) = (Float(settings.alpha), Float(1 - settings.alpha))
    let epsilon = Float(settings.epsilon)
    let decay = Float(settings.weightDecay + 2 * l2Penalty)
    let (hasMomentum, isCentered) = (settings.momentum > 0, settings.isCentered)
    memory.forEachRange { value, gradient, arrays, range in
      let (w, g, s) = (value.elements, gradient.elements, arrays[0].elements)
      // Without momentum or centering these pointers are not used.
      let velocity = hasMomentum ? arrays[1].elements : s
      let mean = isCentered ? arrays[arrays.count - 1].elements : s
      for i in range {
        let d = g[i] + decay * w[i]
        s[i] = alpha * s[i] + share * d * d
        var variance = s[i]
        if isCentered {
          mean[i] = mean[i].interpolated(to: d, by: share)
          // Rounding can make it negative where gradients hardly change; PyTorch then returns NaN.
          variance = max(variance - mean[i] * mean[i], 0)
        }
        let root = variance.squareRoot() + epsilon
        if hasMomentum {
          velocity[i] = momentum * velocity[i] + d / root
          w[i] -= rate * velocity[i]
        } else {
          w[i] -= rate * d / root
        }
      }
    }
  }

  package func stateDictionary(learningRate: Double) -> CheckpointValue {
    memory.stateDictionary([
      "lr": .double(learningRate), "momentum": .double(settings.momentum),
      "alpha": .double(settings.alpha), "eps": .double(settings.epsilon),
      "centered": .bool(settings.isCentered), "weight_decay": .double(settings.weightDecay),
      "capturable": false, "foreach": .none, "maximize": false, "differentiable": false,
    ])
  }

  package func restore(_ stateDictionary: CheckpointValue) -> Bool {
    memory.restore(stateDictionary)
  }
}

extension RMSprop {
  /// PyTorch's arguments, with its defaults.
  package struct Settings: Codable, Sendable, Equatable {
    /// At least 0.
    package let learningRate: Double
    /// The factor of the running means, in [0, 1].
    package let alpha: Double
    /// At least 0.
    package let epsilon: Double
    /// At least 0.
    package let weightDecay: Double
    /// In [0, 1].
    package let momentum: Double
    package let isCentered: Bool

    package enum CodingKeys: String, CodingKey, CaseIterable {
      case learningRate = "lr"
      case alpha
      case epsilon = "eps"
      case weightDecay = "weight_decay"
      case momentum
      case isCentered = "centered"
    }

    package init(from decoder: any Decoder) throws {
      let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
      learningRate = try keys.decodeFinite(.learningRate, in: 0..., absent: 1e-2)
      alpha = try keys.decodeFinite(.alpha, in: 0...1, absent: 0.99)
      epsilon = try keys.decodeFinite(.epsilon, in: 0..., absent: 1e-8)
      weightDecay = try keys.decodeFinite(.weightDecay, in: 0..., absent: 0)
      momentum = try keys.decodeFinite(.momentum, in: 0...1, absent: 0)
      isCentered = try keys.decodeUnlessNone(Bool.self, .isCentered) ?? false
    }
  }
}
