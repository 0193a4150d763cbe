import Foundation

/// A source of random numbers, from which the extensions below draw other distributions.
package protocol RandomSource {
  /// The next number, uniform in [0, 1).
  mutating func nextUniform() -> Double
  /// A number from the standard normal distribution.
  mutating func nextNormal() -> Double
  /// A number from the Poisson distribution of the given rate, at least 0.
  mutating func nextPoisson(rate: Double) -> Int
}

extension RandomSource {
  /// A number uniform in [lower, upper).
  package mutating func uniform(_ lower: Double, _ upper: Double) -> Double {
    lower + (upper - lower) * nextUniform()
  }

  /// A whole number uniform in `range`, which must not be empty.
  package mutating func integer(in range: Range<Int>) -> Int {
    range.lowerBound + Int(nextUniform() * Double(range.count))
  }

  /// True with the given probability.
  package mutating func bernoulli(_ probability: Double) -> Bool {
    nextUniform() < probability
  }

  /// Puts `elements` in a uniformly random order (Fisher–Yates from the end).
  package mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, integer(in: 0..<last + 1))
    }
  }

  /// A random permutation of `0..<count`.
  package mutating func permutation(_ count: Int) -> [Int] {
    var indices = Array(0..<count)
    shuffle(&indices)
    return indices
  }
}

/// The gamma distribution and those that are made of it.
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

  /// The logarithm of a gamma variate; finite even where a small shape makes the variate 0.
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

/// The Poisson distribution.
extension RandomSource {
  /// A number from the Poisson distribution, exact for every rate from 0 to 10⁸.
  package mutating func nextPoisson(rate: Double) -> Int {
    rate < 10 ? poissonByInversion(rate: rate) : poissonByRejection(rate: rate)
  }

  /// The first count whose cumulative probability exceeds a uniform number.
  private mutating func poissonByInversion(rate: Double) -> Int {
    let target = nextUniform()
    var count = 0
    var probability = exp(-rate)
    var cumulative = probability
    // Rounding can keep the sum below the largest targets; the probabilities still reach 0.
    while target >= cumulative && probability > 0 {
      count += 1
      probability *= rate / Double(count)
      cumulative += probability
    }
    return count
  }

  /// Transformed rejection with squeeze.
  ///
  /// Algorithm PTRS of Hörmann 1993, "The transformed rejection method for generating Poisson
  /// random variables".
  private mutating func poissonByRejection(rate: Double) -> Int {
    let b = 0.931 + 2.53 * rate.squareRoot()
    let a = -0.059 + 0.02483 * b
    let squeeze = 0.9277 - 3.6224 / (b - 2)
    while true {
      let u = nextUniform() - 0.5
      let v = nextUniform()
      let distance = 0.5 - abs(u)
      let count = ((2 * a / distance + b) * u + rate + 0.43).rounded(.down)
      if distance >= 0.07 && v <= squeeze { return Int(count) }
      if count < 0 || (distance < 0.013 && v > distance) { continue }
      let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
      let bound = log(v * inverseAlpha / (a / (distance * distance) + b))
      if bound <= count * log(rate) - rate - lgamma(count + 1).0 { return Int(count) }
    }
  }
}
