import Corruptions
import Foundation
import Images
import TestSupport
import Testing

/// The noises on flat gray 128 against their distributions, with the default generator.
struct NoiseStatisticsTests {
  @Test(arguments: [
    (Suites.cifar, [0.04, 0.06, 0.08, 0.09, 0.10]), (Suites.tiny, [0.04, 0.08, 0.12, 0.15, 0.18]),
  ])
  func `gaussian noise`(suite: CorruptionSuite, deviations: [Double]) throws {
    try check(suite, .gaussianNoise) { Self.normalLevels(deviation: 255 * deviations[$0 - 1]) }
  }

  @Test(arguments: [
    (Suites.cifar, [0.06, 0.10, 0.12, 0.16, 0.20]), (Suites.tiny, [0.15, 0.20, 0.25, 0.30, 0.35]),
  ])
  func `speckle noise`(suite: CorruptionSuite, deviations: [Double]) throws {
    try check(suite, .speckleNoise) { Self.normalLevels(deviation: 128 * deviations[$0 - 1]) }
  }

  @Test(arguments: [
    (Suites.cifar, [500, 250, 100, 75, 50]), (Suites.tiny, [250, 100, 50, 30, 15]),
  ])
  func `shot noise`(suite: CorruptionSuite, photons: [Double]) throws {
    try check(suite, .shotNoise) { Self.poissonLevels(photons: photons[$0 - 1]) }
  }

  @Test(arguments: [
    (Suites.cifar, [0.01, 0.02, 0.03, 0.05, 0.07]), (Suites.tiny, [0.01, 0.02, 0.05, 0.08, 0.14]),
  ])
  func `impulse noise`(suite: CorruptionSuite, amounts: [Double]) throws {
    try check(suite, .impulseNoise) {
      let amount = amounts[$0 - 1]
      var levels = [Double](repeating: 0, count: 256)
      levels[128] = 1 - amount
      levels[0] = amount / 2
      levels[255] = amount / 2
      return levels
    }
  }

  /// Compares mean and standard deviation of the levels at every severity with those of their
  /// distribution `levels(severity)`, the probabilities of 0…255.
  private func check(
    _ suite: CorruptionSuite, _ name: Corruption.Name, levels: (Int) -> [Double]
  ) throws {
    let corruption = try #require(suite[name])
    let gray = Image.flat(128, side: suite.side)
    for severity in 1...5 {
      let expected = Moments(levels(severity))
      let found = try (0..<200).flatMap {
        try corruption.apply(to: gray, severity: severity, seed: 5, imageIndex: $0).pixels
      }
      let count = Double(found.count)
      let mean = found.reduce(0) { $0 + Double($1) } / count
      let variance = found.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
      // Five standard errors each.
      let meanError = expected.variance.squareRoot() / count.squareRoot()
      let varianceError = (expected.fourth - expected.variance * expected.variance).squareRoot()
      expectClose(mean, expected.mean, absolute: 5 * meanError, "mean \(severity)")
      expectClose(
        variance, expected.variance, absolute: 5 * varianceError / count.squareRoot(),
        "variance \(severity)")
    }
  }

  private struct Moments {
    var mean = 0.0
    var variance = 0.0
    var fourth = 0.0

    init(_ levels: [Double]) {
      for (level, probability) in levels.enumerated() { mean += Double(level) * probability }
      for (level, probability) in levels.enumerated() {
        let square = (Double(level) - mean) * (Double(level) - mean)
        variance += square * probability
        fourth += square * square * probability
      }
    }
  }

  /// A normal number around 128, truncated toward zero and clamped.
  private static func normalLevels(deviation: Double) -> [Double] {
    func below(_ level: Int) -> Double {
      erfc((128 - Double(level)) / deviation / 2.squareRoot()) / 2
    }
    return (0...255).map {
      ($0 == 255 ? 1 : below($0 + 1)) - ($0 == 0 ? 0 : below($0))
    }
  }

  /// A fraction of the photons, truncated toward zero and clamped.
  private static func poissonLevels(photons: Double) -> [Double] {
    let rate = 128 / 255 * photons
    var levels = [Double](repeating: 0, count: 256)
    for count in 0...Int(2 * photons + 50) {
      let probability = exp(Double(count) * log(rate) - rate - lgamma(Double(count) + 1).0)
      levels[min(Int(255 * (Double(count) / photons)), 255)] += probability
    }
    return levels
  }
}
