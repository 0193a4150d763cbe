import TestSupport
import Testing
import Training

struct LearningRateTests {
  /// CIFAR's `bar1` recipe.
  let rate = LearningRate(
    base: 0.05, warmupSteps: 782, factorAtMilestone: [101: 0.1, 201: 0.1, 226: 0.1])

  @Test(arguments: [
    (1, 1, 0.05 / 782), (1, 391, 0.025), (1, 782, 0.05), (2, 783, 0.05), (100, 78200, 0.05),
    (101, 78201, 0.005), (200, 156_400, 0.005), (201, 156_401, 0.0005), (226, 176_000, 0.00005),
    (300, 234_600, 0.00005),
  ])
  func `rises over the warm-up and falls at milestones`(epoch: Int, step: Int, expected: Double) {
    // A division and up to three products, each rounded: 4 · 2⁻⁵³ relative.
    expectClose(rate.at(epoch: epoch, step: step), expected, absolute: 4 * 0x1p-53 * expected)
  }

  @Test func `without warm-up the first step has the whole rate`() {
    let rate = LearningRate(base: 0.2, warmupSteps: 0, factorAtMilestone: [1: 0.5])
    #expect(rate.at(epoch: 1, step: 1) == 0.1)
  }

  @Test func `a milestone below 1 is never reached`() {
    let rate = LearningRate(base: 0.2, warmupSteps: 0, factorAtMilestone: [-1: 0.1, 600: 0.1])
    #expect(rate.at(epoch: 599, step: 599_000) == 0.2)
  }
}
