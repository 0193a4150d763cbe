import Checkpoints
import Datasets
import Formats
import Foundation
import Networks
import Tensors
import TestSupport
import Testing
import Training

/// Terms of a loss as a configuration lists them.
struct LossTerms {
  let text: String

  init(_ terms: [(member: Int, coefficient: Double)]) {
    let lines = terms.map { member, coefficient in
      "{name: soft_cross_entropy, display_name: ce, coeff: \(coefficient), "
        + "input: logits_\(member), target: target_\(member)}"
    }
    text = "[\(lines.joined(separator: ", "))]"
  }
}

/// Coefficients of the loss's terms, in the loss and in the gradient that a run descends.
struct LossTermsTests {
  /// The loss of a run's only step, and the gradient of each parameter: the velocity after it.
  private func firstStep(
    _ terms: [(member: Int, coefficient: Double)]
  ) throws -> (loss: Double, gradients: [[Float]]) {
    var recipe = try TestRecipe.small(epochs: 1, ["l2_reg": "0"])
    recipe.replace(lossTerms: LossTerms(terms).text)
    let subject = try TrainingRunTests.Subject()
    let records = try subject.run(images: 16, recipe: recipe)
    let checkpoint = try Checkpoint(contentsOf: subject.folder.lastCheckpoint)
    let states = try #require(
      checkpoint.root["classifier_optimizer_state_dict"]?["state"]?.items)
    let gradients: [[Float]] = states.compactMap {
      guard case .tensor(let tensor)? = $0.value["momentum_buffer"] else { return nil }
      return tensor.floats()
    }
    return (records[0].trainLoss, gradients)
  }

  @Test func `loss and gradient are sums over terms of coefficient times cross-entropy`() throws {
    let (first, second) = (try firstStep([(0, 1)]), try firstStep([(1, 1)]))
    let both = try firstStep([(0, 0.5), (1, 2), (0, 0.25)])
    #expect(first.loss != second.loss)
    // The same logits; a few roundings in Double.
    let loss = 0.75 * first.loss + 2 * second.loss
    expectClose(both.loss, loss, absolute: 8 * 0x1p-53 * loss)
    #expect(both.gradients.count == first.gradients.count)
    for (index, gradient) in both.gradients.enumerated() {
      // Backward through ten layers in Float32, three times: 73 · 2⁻²⁴ of the largest were seen.
      let parts = zip(first.gradients[index], second.gradients[index])
      let largest = parts.map { 0.75 * abs($0) + 2 * abs($1) }.max() ?? 0
      expectClose(
        gradient, parts.map { 0.75 * $0 + 2 * $1 }, absolute: 0x1p-16 * Double(largest),
        "parameter \(index)")
    }
  }
}
