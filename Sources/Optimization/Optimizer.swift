import Checkpoints
import Formats

/// Moves a network's parameters along their gradients, in PyTorch's arithmetic.
///
/// Each element is updated by itself, so that the number of threads changes no bit. The gradient of
/// the loss's L2 term, `2 · l2Penalty · w`, and the weight decay are first added to each gradient.
package protocol Optimizer: AnyObject {
  /// Updates every parameter once, at the learning rate of this step.
  func step(learningRate: Double)

  /// The state dictionary of PyTorch's optimizer of the same name over the same parameters.
  func stateDictionary(learningRate: Double) -> CheckpointValue

  /// Restores the optimizer from a state dictionary.
  ///
  /// - Returns: Whether it has all that this optimizer needs for each parameter; if not, nothing
  ///   has changed.
  func restore(_ stateDictionary: CheckpointValue) -> Bool
}

extension Float {
  /// The point at the fraction `weight` of the way to `end`, rounded as by PyTorch's `lerp`: exact
  /// at both ends.
  @inline(__always)
  func interpolated(to end: Float, by weight: Float) -> Float {
    weight < 0.5 ? self + weight * (end - self) : end - (end - self) * (1 - weight)
  }
}
