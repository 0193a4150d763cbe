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
  // Keyed by side, because suites as test arguments would be printed with all pixels of textures.
  static let suites = [
    32: Suites.cifar(codec: "turbo").using(.test), 64: Suites.tiny(codec: "turbo").using(.test),
  ]
  static let random = Corruption.Name.allCases.filter {
    DeterminismTests.random.contains($0.rawValue)
  }
  static let deterministic = Corruption.Name.allCases.filter { !random.contains($0) }

  /// The smallest p-value of 330 tests (11 corruptions, 2 suites, 5 severities, 3 statistics) that
  /// Holm's method accepts at 1 %: the probability of a false alarm in the whole family is 1 %.
  static let significance = 0.01 / 330

  @Test(arguments: [32, 64], deterministic)
  func `the same bytes without random numbers`(side: Int, name: Corruption.Name) throws {
    let corruption = try #require(Self.suites[side]?[name])
    let checksums: [UInt32] = try Self.published(name, side: side)
    let crops = Photographs.crops(side: side).prefix(checksums.count / 5)
    // Ties are rounded in the same way too: the ±1 that the specification allows is not needed.
    let found = try (1...5).flatMap { severity in
      try crops.map {
        try corruption.apply(to: $0, severity: severity, seed: 0, imageIndex: 0).cell.crc
      }
    }
    #expect(found == checksums)
  }

  @Test(arguments: [32, 64], random)
  func `the same mean, deviation and PSNR with random numbers`(
    side: Int, name: Corruption.Name
  ) throws {
    for severity in 1...5 {
      let pValues = try Self.pValues(name, side: side, severity: severity, published: severity)
      #expect(pValues.allSatisfy { $0 > Self.significance }, "severity \(severity): \(pValues)")
    }
  }

  /// Not elastic transforms, whose severities are too alike: the jitter shrinks as the field grows.
  @Test(arguments: random.filter { $0 != .elasticTransform })
  func `the next severity is rejected`(name: Corruption.Name) throws {
    // Motion blur has one kernel at severities 3 and 4.
    for severity in 1...4 where name != .motionBlur || severity != 3 {
      let pValues = try Self.pValues(name, side: 32, severity: severity + 1, published: severity)
      #expect(pValues.contains { $0 < Self.significance }, "severity \(severity): \(pValues)")
    }
  }

  /// The p-values of the differences in mean, deviation and PSNR from the published function, under
  /// the hypothesis that both draw from one distribution for each crop.
  private static func pValues(
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

  /// The p-value of the sum of differences if each sign is equally probable.
  ///
  /// That holds for pairs from any one distribution; with 200 pairs the sum is about normal.
  private static func chance(ofDifferences differences: [Double]) -> Double {
    let sum = differences.reduce(0, +)
    let squares = differences.reduce(0) { $0 + $1 * $1 }
    return squares == 0 ? 1 : erfc(abs(sum) / (2 * squares).squareRoot())
  }

  /// Results of the published function: checksums [severity, crop], or samples [severity,
  /// statistic, crop] in units of 1/256.
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
