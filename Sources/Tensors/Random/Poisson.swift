import Foundation

extension RandomSource {
  /// A number from the Poisson distribution, exact for every rate from 0 to 10⁸.
  package mutating func nextPoisson(rate: Double) -> Int {
    rate < 10 ? poissonByInversion(rate: rate) : poissonByRejection(rate: rate)
  }

  /// Walks up the distribution function until it passes one uniform number.
  private mutating func poissonByInversion(rate: Double) -> Int {
    let target = nextUniform()
    var count = 0
    var probability = exp(-rate)
    var cumulative = probability
    // The rounded sum may stay below the largest targets, but the probabilities end at 0.
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
