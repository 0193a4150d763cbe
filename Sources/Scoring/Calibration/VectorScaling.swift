/// A scale and a bias for each of K classes: logits z become scale·z + bias.
///
/// Guo, Pleiss, Sun and Weinberger 2017, "On calibration of modern neural networks".
public struct VectorScaling: Sendable, Equatable {
  /// What each class's logit is multiplied by.
  public let scales: [Double]  // [K]
  /// What is added to it then.
  public let biases: [Double]  // [K]

  init(scales: [Double], biases: [Double]) {
    self.scales = scales
    self.biases = biases
  }
}

extension VectorScaling {
  /// Scales and shifts `rowCount` rows of logits in place.
  func apply(to logits: UnsafeMutablePointer<Double>, rowCount: Int) {
    for row in 0..<rowCount {
      let logits = logits + row * scales.count
      for c in scales.indices { logits[c] = scales[c] * logits[c] + biases[c] }
    }
  }
}
