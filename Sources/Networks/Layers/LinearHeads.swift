// N batch, M subnetworks, K classes, C features.

import Tensors

/// One linear classifier with bias for each subnetwork, all reading the same features.
package final class LinearHeads {
  package let weights: [Parameter]  // M of [K, C]
  package let biases: [Parameter]  // M of [K]
  private let names: [String]
  private let features: Int
  private let classes: Int
  private let engine: Engine
  private var input: Tensor?  // [N, C]

  /// `names` are the checkpoint names of the M heads, such as `list_fc.0`.
  package init(_ names: [String], features: Int, classes: Int, engine: Engine) {
    self.names = names
    self.features = features
    self.classes = classes
    self.engine = engine
    weights = names.map { Parameter("\($0).weight", [classes, features]) }
    biases = names.map { Parameter("\($0).bias", [classes]) }
  }

  package var state: [StateEntry] {
    zip(weights, biases).flatMap { [.parameter($0), .parameter($1)] }
  }

  /// Heads with the same weights and biases of their own.
  func copy(engine: Engine) -> LinearHeads {
    let copy = LinearHeads(names, features: features, classes: classes, engine: engine)
    for (ours, theirs) in zip(weights + biases, copy.weights + copy.biases) {
      theirs.value.assign(ours.value)
    }
    return copy
  }

  /// `[N, C]` to logits `[N, M, K]`.
  package func forward(_ input: Tensor, isTraining: Bool) -> Tensor {
    self.input = isTraining ? input : nil
    let (batch, heads) = (input.shape[0], weights.count)
    let logits = engine.pool.tensor([batch, heads, classes])
    for (head, (weight, bias)) in zip(weights, biases).enumerated() {
      for image in 0..<batch {
        (logits.elements + (image * heads + head) * classes)
          .update(from: bias.value.elements, count: classes)
      }
      MatrixProduct.multiply(
        MatrixView(input.elements, rowStride: features),
        MatrixView(weight.value.elements, rowStride: features, isTransposed: true),
        into: logits.elements + head * classes, rowStride: heads * classes,
        m: batch, n: classes, k: features, accumulating: true)
    }
    return logits
  }

  /// Sets the gradients of weights and biases and returns the input's, from `[N, M, K]`.
  package func backward(_ logitsGradient: Tensor) -> Tensor {
    guard let input else { preconditionFailure("backward without a forward pass in training") }
    self.input = nil
    let (batch, heads) = (input.shape[0], weights.count)
    let inputGradient = engine.pool.tensor(input.shape)
    for (head, (weight, bias)) in zip(weights, biases).enumerated() {
      let gradient = logitsGradient.elements + head * classes
      MatrixProduct.multiply(
        MatrixView(gradient, rowStride: heads * classes, isTransposed: true),
        MatrixView(input.elements, rowStride: features),
        into: weight.gradient.elements, rowStride: features, m: classes, n: features, k: batch)
      MatrixProduct.multiply(
        MatrixView(gradient, rowStride: heads * classes),
        MatrixView(weight.value.elements, rowStride: features),
        into: inputGradient.elements, rowStride: features,
        m: batch, n: features, k: classes, accumulating: head > 0)
      bias.gradient.fill(with: 0)
      for image in 0..<batch {
        for k in 0..<classes { bias.gradient[k] += gradient[image * heads * classes + k] }
      }
      engine.gradientSums.add(weight, bias)
    }
    return inputGradient
  }
}
