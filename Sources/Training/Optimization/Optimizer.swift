import Checkpoints

/// Moves a network's parameters along their gradients, in PyTorch's arithmetic.
///
/// Each element is computed by itself, so that the number of threads changes no bit. The gradient
/// of the loss's L2 term, `2 · l2Penalty · w`, and the weight decay are added to every gradient
/// first.
package protocol Optimizer: AnyObject {
  /// Moves every parameter once, at the rate of this step.
  func step(learningRate: Double)

  /// The state dictionary of PyTorch's optimizer of the same name over the same parameters.
  func stateDictionary(learningRate: Double) -> CheckpointValue

  /// Takes over what a state dictionary remembers.
  ///
  /// - Returns: Whether it has what this optimizer needs of each parameter; else nothing changed.
  func restore(_ stateDictionary: CheckpointValue) -> Bool
}
