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
  /// Writes `rowCount` rows of logits, scaled and shifted, to `results`.
  func apply(
    to logits: UnsafePointer<Double>, rowCount: Int, into results: UnsafeMutablePointer<Double>
  ) {
    let classCount = scales.count
    scales.withUnsafeBufferPointer { scales in
      biases.withUnsafeBufferPointer { biases in
        for row in 0..<rowCount {
          let (logits, results) = (logits + row * classCount, results + row * classCount)
          for c in 0..<classCount { results[c] = scales[c] * logits[c] + biases[c] }
        }
      }
    }
  }
}
