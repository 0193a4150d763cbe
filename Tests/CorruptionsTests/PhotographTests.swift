import Corruptions
import Foundation
import Images
import Testing

/// The specification's values for corrupted photographs, on 200 crops of each size.
struct PhotographTests {
  /// PSNR in dB at severities 1 to 5 of 32×32 and then of 64×64 pixels.
  static let signalToNoise: [Corruption.Name: [Double]] = [
    .gaussianNoise: [28.2, 24.9, 22.5, 21.5, 20.7, 28.3, 22.6, 19.3, 17.5, 16.1],
    .shotNoise: [32.7, 29.7, 25.8, 24.5, 22.9, 29.7, 25.8, 22.9, 20.7, 17.9],
    .impulseNoise: [24.8, 21.7, 19.9, 17.8, 16.3, 24.6, 21.6, 17.7, 15.6, 13.1],
    .speckleNoise: [34.1, 29.8, 28.3, 25.9, 24.0, 26.3, 23.9, 22.1, 20.6, 19.4],
    .defocusBlur: [41.7, 34.3, 30.9, 28.3, 25.8, 32.1, 29.5, 27.1, 24.4, 23.6],
    .gaussianBlur: [42.0, 31.1, 29.1, 27.8, 26.1, 35.7, 29.5, 27.1, 25.7, 24.7],
    .glassBlur: [22.9, 23.0, 23.7, 20.3, 21.0, 23.4, 25.1, 22.6, 23.0, 21.3],
    .motionBlur: [28.2, 25.2, 23.7, 23.7, 22.7, 29.1, 26.0, 24.2, 23.1, 22.4],
    .zoomBlur: [27.2, 25.6, 24.4, 23.3, 22.6, 26.2, 23.7, 22.5, 21.5, 20.7],
    .snow: [26.1, 20.0, 18.6, 16.1, 13.3, 16.9, 15.8, 12.6, 10.8, 9.9],
    .frost: [18.4, 14.9, 13.5, 14.1, 13.8, 14.8, 13.4, 13.2, 12.5, 11.9],
    .fog: [25.5, 19.7, 17.5, 16.2, 14.5, 20.4, 17.3, 15.6, 14.0, 13.0],
    .brightness: [28.6, 22.3, 18.8, 16.4, 13.3, 22.5, 16.6, 13.5, 11.5, 10.2],
    .contrast: [29.7, 23.7, 22.1, 20.8, 19.1, 21.1, 19.8, 18.6, 17.6, 17.1],
    .elasticTransform: [19.9, 20.5, 21.3, 21.8, 23.0, 17.7, 18.6, 18.8, 21.3, 21.8],
    .pixelate: [34.8, 31.7, 30.2, 28.2, 26.4, 32.4, 29.7, 28.0, 27.0, 26.1],
    .jpegCompression: [30.3, 28.6, 28.1, 27.7, 27.1, 29.6, 29.1, 28.7, 28.1, 26.9],
    .saturate: [21.3, 19.1, 25.3, 20.1, 18.2, 20.7, 18.5, 21.4, 17.1, 15.6],
    .spatter: [30.1, 25.7, 22.3, 27.6, 25.1, 30.0, 24.9, 21.6, 24.3, 22.9],
  ]

  /// The rise in brightness in levels, in the same order.
  static let lightening: [Corruption.Name: [Double]] = [
    .snow: [10, 23, 25, 36, 52, 35, 39, 56, 69, 78],
    .frost: [31, 46, 53, 50, 49, 46, 54, 54, 58, 62],
    .fog: [5, 11, 14, 16, 19, 10, 15, 18, 22, 25],
    .brightness: [9, 19, 28, 36, 52, 18, 35, 50, 64, 75],
  ]

  @Test(arguments: [Suites.cifar, Suites.tiny], Corruption.Name.allCases)
  func `noise and brightness rise with severity as the specification says`(
    suite: CorruptionSuite, name: Corruption.Name
  ) throws {
    let severities = suite.side == 32 ? 0..<5 : 5..<10
    let expected = try #require(Self.signalToNoise[name])[severities]
    let changes = try (1...5).map { try Self.change(name, of: suite, severity: $0) }
    // Other photographs have other detail: the specification allows 4 dB, in brightness too.
    for (change, expected) in zip(changes, expected) {
      #expect(abs(change.signalToNoise - expected) <= 4)
    }
    for (change, expected) in zip(changes, Self.lightening[name]?[severities] ?? []) {
      #expect(abs(20 * log10(change.lightening / expected)) <= 4)
    }
    // Severities that differ by half a decibel in the specification are in the same order here.
    let pairs = Array(zip(changes.map(\.signalToNoise), expected))
    for (first, expectedFirst) in pairs {
      for (second, expectedSecond) in pairs where expectedFirst >= expectedSecond + 0.5 {
        #expect(first > second)
      }
    }
  }

  @Test(arguments: [
    (Suites.cifar, [0.01, 0.02, 0.03, 0.05, 0.07]), (Suites.tiny, [0.01, 0.02, 0.05, 0.08, 0.14]),
  ])
  func `impulse noise changes its fraction of all bytes, or fewer`(
    suite: CorruptionSuite, amounts: [Double]
  ) throws {
    let crops = Photographs.crops(side: suite.side)
    let total = Double(crops.count * suite.side * suite.side * 3)
    for (severity, amount) in zip(1...5, amounts) {
      let changed = try crops.enumerated().reduce(0) { sum, crop in
        let image = try ExactPropertyTests.apply(
          .impulseNoise, of: suite, to: crop.element, severity: severity, imageIndex: crop.offset)
        return sum + zip(image.pixels, crop.element.pixels).count { $0 != $1 }
      }
      // Five standard errors of a count; black and white bytes may stay unchanged.
      let error = (amount * (1 - amount) / total).squareRoot()
      #expect(Double(changed) / total <= amount + 5 * error)
    }
  }

  @Test func `motion blurs of severities 3 and 4 are equal`() throws {
    let motion = try #require(Suites.cifar[.motionBlur])
    for crop in Photographs.crops(side: 32) {
      var (third, fourth) = (TestGenerator(), TestGenerator())
      let image = try motion.apply(to: crop, severity: 3, random: &third)
      // Their radii differ, but the weights beyond the smaller one sum to less than 1e-9.
      #expect(try motion.apply(to: crop, severity: 4, random: &fourth) == image)
    }
  }

  @Test(arguments: [Suites.cifar, Suites.tiny], 1...5)
  func `zoom blur does not commute with flips`(suite: CorruptionSuite, severity: Int) throws {
    for crop in Photographs.crops(side: suite.side).prefix(20) {
      let image = try ExactPropertyTests.apply(.zoomBlur, of: suite, to: crop, severity: severity)
      let flipped = try ExactPropertyTests.apply(
        .zoomBlur, of: suite, to: crop.mirrored, severity: severity)
      // Rounding alone would leave them a level apart.
      #expect(zip(image.pixels, flipped.mirrored.pixels).contains { abs(Int($0) - Int($1)) > 1 })
    }
  }

  /// The mean PSNR and the mean rise in brightness of all crops.
  private static func change(
    _ name: Corruption.Name, of suite: CorruptionSuite, severity: Int
  ) throws -> (signalToNoise: Double, lightening: Double) {
    let crops = Photographs.crops(side: suite.side)
    var sums = (signalToNoise: 0.0, lightening: 0.0)
    for (index, crop) in crops.enumerated() {
      let image = try ExactPropertyTests.apply(
        name, of: suite, to: crop, severity: severity, imageIndex: index)
      let statistics = ImageStatistics(image, clean: crop)
      sums.signalToNoise += statistics.signalToNoise
      sums.lightening += statistics.mean - ImageStatistics(crop, clean: crop).mean
    }
    let count = Double(crops.count)
    return (sums.signalToNoise / count, sums.lightening / count)
  }
}
