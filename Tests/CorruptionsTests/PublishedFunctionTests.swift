import Corruptions
import Formats
import Foundation
import Images
import TestSupport
import Testing

/// The corruptions against the published Python functions on the same photographs.
///
/// `Tests/Fixtures/reference/published_corruptions.py` runs those and writes `published.npz`.
struct PublishedFunctionTests {
  // By side, because suites with textures would be printed pixel by pixel as test arguments.
  static let suites = [
    32: Suites.cifar(codec: "turbo").using(.test), 64: Suites.tiny(codec: "turbo").using(.test),
  ]
  static let random = Corruption.Name.allCases.filter {
    DeterminismTests.random.contains($0.rawValue)
  }
  static let deterministic = Corruption.Name.allCases.filter { !random.contains($0) }

  /// Where any of 330 tests (11 corruptions, 2 suites, 5 severities, 3 statistics) falls below this,
  /// Holm's method rejects at 1 %: one chance in a hundred of a false alarm in the whole family.
  static let significance = 0.01 / 330

  @Test(arguments: [32, 64], deterministic)
  func `the same bytes where nothing is drawn`(side: Int, name: Corruption.Name) throws {
    let corruption = try #require(Self.suites[side]?[name])
    let checksums: [UInt32] = try Self.published(name, side: side)
    let crops = Photographs.crops(side: side).prefix(checksums.count / 5)
    // Ties come out the same too: none needs the ±1 that the specification allows them.
    let found = try (1...5).flatMap { severity in
      try crops.map {
        try corruption.apply(to: $0, severity: severity, seed: 0, imageIndex: 0).cell.crc
      }
    }
    #expect(found == checksums)
  }

  @Test(arguments: [32, 64], random)
  func `the same mean, deviation and PSNR where numbers are drawn`(
    side: Int, name: Corruption.Name
  ) throws {
    for severity in 1...5 {
      let chances = try Self.chances(name, side: side, severity: severity, published: severity)
      #expect(chances.allSatisfy { $0 > Self.significance }, "severity \(severity): \(chances)")
    }
  }

  /// Severities of elastic transforms are too alike: their jitter shrinks as their field grows.
  @Test(arguments: random.filter { $0 != .elasticTransform })
  func `the next severity is told apart`(name: Corruption.Name) throws {
    // Motion blur has one kernel at severities 3 and 4.
    for severity in 1...4 where name != .motionBlur || severity != 3 {
      let chances = try Self.chances(name, side: 32, severity: severity + 1, published: severity)
      #expect(chances.contains { $0 < Self.significance }, "severity \(severity): \(chances)")
    }
  }

  /// The chances of mean, deviation and PSNR to be as far from those of the published function as
  /// they are, if both sides drew from one distribution for each crop.
  private static func chances(
    _ name: Corruption.Name, side: Int, severity: Int, published publishedSeverity: Int
  ) throws -> [Double] {
    let corruption = try #require(suites[side]?[name])
    let crops = Photographs.crops(side: side)
    let samples = try crops.enumerated().map { index, crop in
      let image = try corruption.apply(to: crop, severity: severity, seed: 1, imageIndex: index)
      return ImageStatistics(image, clean: crop).in256ths
    }
    let published: [Int] = try Self.published(name, side: side)
    return (0..<3).map { statistic in
      let start = (3 * (publishedSeverity - 1) + statistic) * crops.count
      return chance(
        ofDifferences: zip(samples, published[start...]).map { Double($0[statistic] - $1) })
    }
  }

  /// The chance of a sum as far from zero, if each difference had either sign equally often.
  ///
  /// So it is for pairs from one distribution, whatever that is; with 200 of them the sum is normal.
  private static func chance(ofDifferences differences: [Double]) -> Double {
    let sum = differences.reduce(0, +)
    let squares = differences.reduce(0) { $0 + $1 * $1 }
    return squares == 0 ? 1 : erfc(abs(sum) / (2 * squares).squareRoot())
  }

  /// What the published function gave: checksums [severity, crop] or samples [severity, statistic,
  /// crop] in 256ths.
  private static func published<Element: NumPyElement>(
    _ name: Corruption.Name, side: Int
  ) throws -> [Element] {
    try NumPyArchive(contentsOf: fixture("published.npz")).array("\(name)_\(side)").values()
  }
}

extension ImageStatistics {
  fileprivate var in256ths: [Int] {
    [mean, deviation, signalToNoise].map { Int((256 * $0).rounded(.toNearestOrEven)) }
  }
}
