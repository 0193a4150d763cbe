/// What the numbers of a prediction are.
public enum PredictionNumbers: String, Sendable, CaseIterable {
  /// Logits, whose softmax is the predicted distribution.
  case logits
  /// Probabilities: the predicted distribution itself.
  case probabilities
}

/// The logarithm of a probability of 0, as a number that can be calculated with.
///
/// A probability of 0 stays 0 under every calibration, and is nothing in every sum over classes. With
/// −∞ its term would be 0 · ∞.
enum LogarithmOfZero {
  /// Its exponential is 0 at any temperature, its product with 0 is 0, and its fourth power is finite.
  static let value = -1e30
  /// What is less is meant as it.
  static let largest = -1e20

  /// Whether `logarithm` is that of 0, perhaps divided by a temperature and normalized.
  @inline(__always)
  static func isMeant(by logarithm: Double) -> Bool { logarithm < largest }
}
