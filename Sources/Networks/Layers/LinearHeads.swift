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
  private var input: Tensor?  // [N, C], for the backward pass

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
      for images in engine.gradientSums.groups(of: batch) {
        let first = images.lowerBound
        MatrixProduct.multiply(
          MatrixView(input.elements + first * features, rowStride: features),
          MatrixView(weight.value.elements, rowStride: features, isTransposed: true),
          into: logits.elements + (first * heads + head) * classes, rowStride: heads * classes,
          rows: images.count, columns: classes, depth: features, accumulating: true)
      }
    }
    return logits
  }

  /// Sets the gradients of weights and biases and returns the input's, `[N, C]`, from `[N, M, K]`.
  package func backward(_ logitsGradient: Tensor) -> Tensor {
    guard let input else { preconditionFailure("backward without a forward pass in training") }
    self.input = nil
    let (batch, heads) = (input.shape[0], weights.count)
    let inputGradient = engine.pool.tensor(input.shape)
    for (head, (weight, bias)) in zip(weights, biases).enumerated() {
      let gradient = logitsGradient.elements + head * classes
      let rowStride = heads * classes
      for images in engine.gradientSums.groups(of: batch) {
        let first = images.lowerBound
        MatrixProduct.multiply(
          MatrixView(gradient + first * rowStride, rowStride: rowStride),
          MatrixView(weight.value.elements, rowStride: features),
          into: inputGradient.elements + first * features, rowStride: features,
          rows: images.count, columns: features, depth: classes, accumulating: head > 0)
      }
      engine.gradientSums.set(
        weight, imageCount: batch, terms: 1,
        factors: [input.largestMagnitude, logitsGradient.largestMagnitude]
      ) { images, weightGradient in
        MatrixProduct.multiply(
          MatrixView(
            gradient + images.lowerBound * rowStride, rowStride: rowStride, isTransposed: true),
          MatrixView(input.elements + images.lowerBound * features, rowStride: features),
          into: weightGradient.elements, rowStride: features,
          rows: classes, columns: features, depth: images.count)
      }
      engine.gradientSums.set(
        bias, imageCount: batch, terms: 1, factors: [logitsGradient.largestMagnitude]
      ) { images, biasGradient in
        biasGradient.fill(with: 0)
        for image in images {
          for k in 0..<classes { biasGradient[k] += gradient[image * rowStride + k] }
        }
      }
    }
    return inputGradient
  }
}
