import Checkpoints
import Datasets
import Formats
import Foundation
import Networks
import Tensors
import TestSupport
import Testing
import Training

/// The terms of a loss in the syntax of a configuration.
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

/// The coefficients of the loss's terms apply to the loss and to the gradient.
struct LossTermsTests {
  /// The loss of a run's only step, and the gradient of each parameter, which is the velocity after
  /// the first step.
  private func firstStep(
    _ terms: [(member: Int, coefficient: Double)]
  ) throws -> (loss: Double, gradients: [[Float]]) {
    var recipe = try TestRecipe.small(epochs: 1, ["l2_reg": "0"])
    recipe.replace(lossTerms: LossTerms(terms).text)
    let run = try TestRun()
    let records = try run.run(images: 16, recipe: recipe)
    let checkpoint = try Checkpoint(contentsOf: run.folder.lastCheckpoint)
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
      // Three backward passes through ten layers in Float32: the largest observed difference is
      // 73 · 2⁻²⁴ of the largest element.
      let parts = zip(first.gradients[index], second.gradients[index])
      let largest = parts.map { 0.75 * abs($0) + 2 * abs($1) }.max() ?? 0
      expectClose(
        gradient, parts.map { 0.75 * $0 + 2 * $1 }, absolute: 0x1p-16 * Double(largest),
        "parameter \(index)")
    }
  }
}
