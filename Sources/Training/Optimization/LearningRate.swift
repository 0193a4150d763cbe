/// The learning rate as a pure function of epoch and step, so that a resumed run has the rate of an
/// uninterrupted one.
package struct LearningRate: Sendable {
  package let base: Double
  /// The number of steps over which the rate rises linearly to `base`.
  package let warmupSteps: Int
  /// The factor from each epoch on.
  package let factorAtMilestone: [Int: Double]

  package init(base: Double, warmupSteps: Int, factorAtMilestone: [Int: Double]) {
    self.base = base
    self.warmupSteps = warmupSteps
    self.factorAtMilestone = factorAtMilestone
  }

  /// The rate of a step.
  ///
  /// - Parameters:
  ///   - epoch: counted from 1.
  ///   - step: counted from 1 over all epochs.
  /// - Returns: the factor of the gradient.
  package func at(epoch: Int, step: Int) -> Double {
    guard step > warmupSteps else { return base * Double(step) / Double(warmupSteps) }
    let reached = factorAtMilestone.keys.filter { (1...epoch).contains($0) }.sorted()
    return reached.reduce(base) { $0 * (factorAtMilestone[$1] ?? 1) }
  }
}
