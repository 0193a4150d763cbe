import Checkpoints
import Formats
import Foundation
import Networks
import Tensors

/// Adam (Kingma, Ba 2015), and AMSGrad (Reddi, Kale, Kumar 2018).
///
/// With d the gradient plus decay · w, and t the number of steps: m and v are the running means of
/// d and d² with factors β₁ and β₂; w −= rate / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε). AMSGrad
/// uses the largest v so far.
package final class Adam: Optimizer {
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
      ["exp_avg", "exp_avg_sq"] + (settings.usesLargestSquares ? ["max_exp_avg_sq"] : []),
      workers: workers)
  }

  package func step(learningRate: Double) {
    memory.advance()
    let (first, second) = (settings.betas[0], settings.betas[1])
    let count = Double(memory.stepCount)
    let rate = Float(learningRate / (1 - pow(first, count)))
    let scale = Float((1 - pow(second, count)).squareRoot())
    let share = Float(1 - first)
    let (squareDecay, squareShare) = (Float(second), Float(1 - second))
    let epsilon = Float(settings.epsilon)
    let decay = Float(settings.weightDecay + 2 * l2Penalty)
    let usesLargest = settings.usesLargestSquares
    memory.forEachRange { value, gradient, arrays, range in
      let (w, g) = (value.elements, gradient.elements)
      let (m, v) = (arrays[0].elements, arrays[1].elements)
      let largest = usesLargest ? arrays[2].elements : v
      for i in range {
        let d = g[i] + decay * w[i]
        m[i] = m[i].interpolated(to: d, by: share)
        v[i] = squareDecay * v[i] + squareShare * d * d
        if usesLargest { largest[i] = max(largest[i], v[i]) }
        w[i] -= rate * m[i] / (largest[i].squareRoot() / scale + epsilon)
      }
    }
  }

  package func stateDictionary(learningRate: Double) -> CheckpointValue {
    memory.stateDictionary([
      "lr": .double(learningRate), "betas": .list(settings.betas.map(CheckpointValue.double)),
      "eps": .double(settings.epsilon), "weight_decay": .double(settings.weightDecay),
      "amsgrad": .bool(settings.usesLargestSquares), "maximize": false, "foreach": .none,
      "capturable": false, "differentiable": false, "fused": .none,
      "decoupled_weight_decay": false,
    ])
  }

  package func restore(_ stateDictionary: CheckpointValue) -> Bool {
    memory.restore(stateDictionary)
  }
}

extension Adam {
  /// PyTorch's arguments, with its defaults.
  package struct Settings: Codable, Sendable, Equatable {
    /// At least 0.
    package let learningRate: Double
    /// The factors of the running means of the gradient and of its square, in [0, 1).
    package let betas: [Double]  // [2]
    /// At least 0.
    package let epsilon: Double
    /// At least 0.
    package let weightDecay: Double
    /// Whether to use AMSGrad.
    package let usesLargestSquares: Bool

    package enum CodingKeys: String, CodingKey, CaseIterable {
      case learningRate = "lr"
      case betas
      case epsilon = "eps"
      case weightDecay = "weight_decay"
      case usesLargestSquares = "amsgrad"
    }

    package init(from decoder: any Decoder) throws {
      let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
      learningRate = try keys.decodeFinite(.learningRate, in: 0..., absent: 1e-3)
      betas = try keys.decodeUnlessNone([Double].self, .betas) ?? [0.9, 0.999]
      guard betas.count == 2, betas.allSatisfy({ (0..<1).contains($0) }) else {
        let found = betas.map { "\($0)" }.joined(separator: ", ")
        throw keys.corrupted(
          .betas, "expected two numbers of at least 0 and below 1, found [\(found.oneLine)]")
      }
      epsilon = try keys.decodeFinite(.epsilon, in: 0..., absent: 1e-8)
      weightDecay = try keys.decodeFinite(.weightDecay, in: 0..., absent: 0)
      usesLargestSquares = try keys.decodeUnlessNone(Bool.self, .usesLargestSquares) ?? false
    }
  }
}
