// N batch, M subnetworks, K classes.

import Foundation
import Tensors

/// Cross-entropy against soft targets, summed over members and averaged over the batch:
/// `Σ_m mean_n −Σ_k target · log softmax(logits)`.
package enum SoftCrossEntropy {
  /// The losses and their gradient with respect to the logits.
  package struct Value {
    /// The contribution of each image to each member's loss, `[N, M]`.
    package let imageLosses: [Double]
    package let gradient: Tensor  // [N, M, K]

    /// The loss of each member.
    package var losses: [Double] {
      let members = gradient.shape[1]
      return imageLosses.enumerated().reduce(into: [Double](repeating: 0, count: members)) {
        $0[$1.offset % members] += $1.element
      }
    }
  }

  /// The loss of each member, and its gradient with respect to the logits.
  ///
  /// - Parameters:
  ///   - logits: `[N, M, K]`.
  ///   - targets: for each member `[N, K]`; a row's sum is the weight of its image.
  ///   - coefficients: the weight of each member's loss, by default 1.
  ///   - batchSize: the number of images in the whole batch, if `logits` are those of a part of it.
  ///     The losses of all parts then add up to the loss of the batch.
  /// - Returns: the losses of each image, and their gradient.
  package static func evaluate(
    _ logits: Tensor, targets: [Tensor], coefficients: [Double]? = nil, batchSize: Int? = nil
  ) -> Value {
    let (batch, members, classes) = (logits.shape[0], logits.shape[1], logits.shape[2])
    let gradient = Tensor(logits.shape)
    var imageLosses = [Double](repeating: 0, count: batch * members)
    for (member, target) in targets.enumerated() {
      let scale = (coefficients?[member] ?? 1) / Double(batchSize ?? batch)
      for image in 0..<batch {
        let row = (image * members + member) * classes
        imageLosses[image * members + member] =
          scale
          * evaluateRow(
            logits.elements + row, target.elements + image * classes, classes: classes,
            scale: scale, gradient: gradient.elements + row)
      }
    }
    return Value(imageLosses: imageLosses, gradient: gradient)
  }

  /// One image's loss; writes `scale · (softmax · Σ target − target)`.
  private static func evaluateRow(
    _ logits: UnsafePointer<Float>, _ target: UnsafePointer<Float>, classes: Int, scale: Double,
    gradient: UnsafeMutablePointer<Float>
  ) -> Double {
    let largest = Double((0..<classes).reduce(-Float.infinity) { max($0, logits[$1]) })
    let normalizer = (0..<classes).reduce(0) { $0 + exp(Double(logits[$1]) - largest) }
    let logNormalizer = largest + log(normalizer)
    var (loss, mass) = (0.0, 0.0)
    for k in 0..<classes {
      loss -= Double(target[k]) * (Double(logits[k]) - logNormalizer)
      mass += Double(target[k])
    }
    for k in 0..<classes {
      let probability = exp(Double(logits[k]) - logNormalizer)
      gradient[k] = Float(scale * (probability * mass - Double(target[k])))
    }
    return loss
  }
}
