import Foundation

/// The beta distribution of a number in 0...1.
///
/// With it, tails of the binomial distribution have exact quantiles.
struct BetaDistribution {
  private let a: Double
  private let b: Double

  /// The distribution with the density x^(a − 1)·(1 − x)^(b − 1), up to a factor; both are above 0.
  init(_ a: Double, _ b: Double) {
    self.a = a
    self.b = b
  }

  /// P(X ≤ x): the regularized incomplete beta function, by its continued fraction (DLMF 8.17.22).
  func probability(upTo x: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    // The fraction converges fast on this side of the mean.
    if x > (a + 1) / (a + b + 2) { return 1 - BetaDistribution(b, a).probability(upTo: 1 - x) }
    return density(at: x) * x * (1 - x) / (a * continuedFraction(x))
  }

  private func density(at x: Double) -> Double {
    let scale = logGamma(a + b) - logGamma(a) - logGamma(b)
    return exp(scale + (a - 1) * log(x) + (b - 1) * log1p(-x))
  }

  private func logGamma(_ number: Double) -> Double {
    lgamma(number)
  }

  /// By the modified algorithm of Lentz (1976), which takes some √max(a, b) steps.
  private func continuedFraction(_ x: Double) -> Double {
    let tiny = Double.leastNormalMagnitude
    func nonzero(_ number: Double) -> Double { abs(number) < tiny ? tiny : number }
    var (value, ratio, inverse) = (1.0, 1.0, 0.0)
    for step in 1..<1_000_000 {
      let (m, place) = (Double(step / 2), a + Double(step))
      let factor = step % 2 == 0 ? m * (b - m) : -(a + m) * (a + b + m)
      let term = factor * x / ((place - 1) * place)
      inverse = 1 / nonzero(1 + term * inverse)
      ratio = nonzero(1 + term / ratio)
      value *= ratio * inverse
      if abs(ratio * inverse - 1) < 0x1p-52 { break }
    }
    return value
  }

  /// The x with P(X ≤ x) = `probability`, to a few roundings.
  ///
  /// Newton's method from the mean, with bisection where a step would leave what is known to hold the
  /// quantile.
  func quantile(_ probability: Double) -> Double {
    var (low, high, x) = (0.0, 1.0, a / (a + b))
    for _ in 0..<100 {
      let excess = self.probability(upTo: x) - probability
      if excess > 0 { high = x } else { low = x }
      let step = excess / density(at: x)
      var next = x - step
      if !(low < next && next < high) { next = (low + high) / 2 }
      if abs(next - x) <= 0x1p-50 * x { return next }
      x = next
    }
    return x
  }
}

extension Interval {
  /// The exact interval of a share, `successes` of `count`, with at most the probability `tail` beyond
  /// each end (Clopper and Pearson 1934, "The use of confidence or fiducial limits").
  ///
  /// Numbers need not be whole.
  ///
  /// - Precondition: 0 ≤ `successes` ≤ `count`, and `tail` is above 0 and at most ½.
  public static func clopperPearson(
    successes: Double, count: Double, tail: Double = 0.025
  ) -> Interval {
    precondition(0 <= successes && successes <= count, "\(successes) of \(count)")
    precondition(0 < tail && tail <= 0.5, "a tail of \(tail)")
    let failures = count - successes
    return Interval(
      low: successes > 0 ? BetaDistribution(successes, failures + 1).quantile(tail) : 0,
      high: failures > 0 ? BetaDistribution(successes + 1, failures).quantile(1 - tail) : 1,
      kind: .clopperPearson)
  }
}
