import Foundation

extension RandomSource {
  /// A number from the gamma distribution of the given `shape` > 0 and scale 1.
  package mutating func gamma(shape: Double) -> Double {
    exp(logarithmOfGamma(shape: shape))
  }

  /// A number from the beta distribution of two positive parameters.
  package mutating func beta(_ first: Double, _ second: Double) -> Double {
    dirichlet([first, second])[0]
  }

  /// Proportions that sum to 1, from the Dirichlet distribution of positive `concentrations`.
  package mutating func dirichlet(_ concentrations: [Double]) -> [Double] {
    let logarithms = concentrations.map { logarithmOfGamma(shape: $0) }
    let largest = logarithms.max() ?? 0
    let parts = logarithms.map { exp($0 - largest) }
    let sum = parts.reduce(0, +)
    return parts.map { $0 / sum }
  }

  /// The logarithm of a gamma variate, which is finite where a small shape makes the variate 0.
  ///
  /// Marsaglia and Tsang 2000, "A simple method for generating gamma variables"; below shape 1 by
  /// G(a) = G(a + 1) · U^(1/a).
  private mutating func logarithmOfGamma(shape: Double) -> Double {
    if shape < 1 {
      let logarithm = logarithmOfGamma(shape: shape + 1) + log(1 - nextUniform()) / shape
      return max(logarithm, -.greatestFiniteMagnitude)
    }
    let d = shape - 1 / 3.0
    let c = 1 / (9 * d).squareRoot()
    while true {
      let z = nextNormal()
      let base = 1 + c * z
      guard base > 0 else { continue }
      let v = base * base * base
      if log(1 - nextUniform()) < z * z / 2 + d * (1 - v + log(v)) {
        return log(d) + log(v)
      }
    }
  }
}
