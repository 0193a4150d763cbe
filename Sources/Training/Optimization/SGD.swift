import Networks
import Tensors

/// Stochastic gradient descent with momentum, in PyTorch's arithmetic.
///
/// Nesterov's variant is that of Sutskever, Martens, Dahl and Hinton 2013. With d the gradient plus decay · w: the first step sets the velocity v to d, later ones to
/// momentum · v + d; then w −= rate · v, or rate · (d + momentum · v) with Nesterov's momentum.
package final class SGD {
  package let settings: OptimizerConfiguration.Parameters
  /// Added to the gradient as `2 · l2Penalty · w`: the derivative of the loss's L2 term.
  package let l2Penalty: Double
  private let parameters: [Parameter]
  /// One velocity for each parameter, in order; empty before the first step.
  package private(set) var velocities: [Tensor] = []
  private let workers: Workers

  package init(
    _ parameters: [Parameter], settings: OptimizerConfiguration.Parameters, l2Penalty: Double,
    workers: Workers
  ) {
    self.parameters = parameters
    self.settings = settings
    self.l2Penalty = l2Penalty
    self.workers = workers
  }

  /// Moves every parameter along its gradient.
  package func step(learningRate: Double) {
    let isFirst = velocities.isEmpty
    if isFirst { velocities = parameters.map { Tensor($0.value.shape) } }
    let rate = Float(learningRate)
    let momentum = Float(settings.momentum)
    let decay = Float(settings.weightDecay + 2 * l2Penalty)
    let usesNesterov = settings.usesNesterovMomentum
    for (parameter, velocity) in zip(parameters, velocities) {
      let (value, gradient) = (parameter.value, parameter.gradient)
      workers.forEachRange(of: value.count, size: 1 << 14) { range in
        let (w, g, v) = (value.elements, gradient.elements, velocity.elements)
        for i in range {
          let d = g[i] + decay * w[i]
          v[i] = isFirst ? d : momentum * v[i] + d
          w[i] -= rate * (usesNesterov ? d + momentum * v[i] : v[i])
        }
      }
    }
  }

  /// Takes over the velocities of a saved run, one for each parameter, or none.
  package func restore(velocities: [Tensor]) {
    self.velocities = velocities
  }
}
