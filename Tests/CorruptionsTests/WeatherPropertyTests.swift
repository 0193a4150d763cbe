import Corruptions
import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// Properties of snow, fog and spatter on flat images.
struct WeatherPropertyTests {
  static let suites = [Suites.cifar, Suites.tiny]

  @Test(arguments: [
    (Suites.cifar, [6, 12, 12, 19, 25]), (Suites.tiny, [25, 25, 38, 44, 51]),
  ])
  func `snow lifts black to a gray and keeps white`(suite: CorruptionSuite, lowest: [Int]) throws {
    for severity in 1...5 {
      let black = try ExactPropertyTests.levels(.snow, of: suite, flat: 0, severity: severity)
      #expect(black.min() == lowest[severity - 1])
      let white = try ExactPropertyTests.levels(.snow, of: suite, flat: 255, severity: severity)
      #expect(white == [255])
    }
  }

  @Test(
    arguments: [
      (Suites.cifar, [0.2, 0.5, 0.75, 1, 1.5], [212, 170, 145, 127, 102]),
      (Suites.tiny, [0.4, 0.7, 1, 1.5, 2], [182, 150, 127, 102, 85]),
    ] as [(CorruptionSuite, [Double], [Int])])
  func `fog darkens a flat image from its level to a known one`(
    suite: CorruptionSuite, strengths: [Double], lowestOfWhite: [Int]
  ) throws {
    for severity in 1...5 {
      for level in [0, 1, 77, 128, 200, 255] {
        let levels = try ExactPropertyTests.levels(
          .fog, of: suite, flat: UInt8(level), severity: severity)
        let value = Double(level) / 255
        let lowest = UInt8(unit: value * value / (value + strengths[severity - 1]))
        // The largest value is exactly the level, except for rounding before truncation.
        #expect([level, level - 1].contains(levels.max() ?? -1))
        #expect(levels.min() == Int(lowest))
      }
      let white = try ExactPropertyTests.levels(.fog, of: suite, flat: 255, severity: severity)
      #expect(white.min() == lowestOfWhite[severity - 1])
      #expect(white.max() == 255)
    }
  }

  @Test(arguments: [(32, 3.0, 0.147), (32, 1.75, 0.170), (64, 2.5, 0.151), (64, 2, 0.160)])
  func `clouds reach from 0 to 1 and are as rough as the published ones`(
    side: Int, decay: Double, deviation: Double
  ) {
    let count = 200
    var means: [Double] = []
    var deviations: [Double] = []
    for index in 0..<count {
      var random = CountingStream(stream: RandomStream(seed: 1, purpose: "cloud", minor: index))
      let values = Plasma.cloud(side: side, decay: decay, random: &random).values
      #expect(random.count == side * side - 1)
      #expect(values.min() == 0 && values.max() == 1)
      let mean = values.reduce(0, +) / Double(values.count)
      means.append(mean)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      deviations.append(variance.squareRoot())
    }
    // Means vary by 0.1 between clouds and deviations by less than 0.03: five standard errors.
    expectClose(means.reduce(0, +) / Double(count), 0.5, absolute: 5 * 0.1 / 14)
    expectClose(deviations.reduce(0, +) / Double(count), deviation, absolute: 5 * 0.03 / 14)
  }

  @Test(
    arguments: [
      (Suites.cifar, [2.6, 6.6, 18, 4.1, 6.9]), (Suites.tiny, [2.5, 6.5, 19, 7.3, 10.3]),
    ] as [(CorruptionSuite, [Double])])
  func `spatter changes as much of a gray image as the published function`(
    suite: CorruptionSuite, percent: [Double]
  ) throws {
    for severity in 1...5 {
      let count = 100
      let shares = try (0..<count).map { index in
        let image = try ExactPropertyTests.apply(
          .spatter, of: suite, to: .flat(128, side: suite.side), severity: severity,
          imageIndex: index)
        let changed = image.pixels.count { $0 != 128 && $0 != 127 }
        return 100 * Double(changed) / Double(image.pixels.count)
      }
      let mean = shares.reduce(0, +) / Double(count)
      let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
      // Five standard errors.
      expectClose(
        mean, percent[severity - 1], absolute: 5 * (variance / Double(count)).squareRoot(),
        "severity \(severity)")
    }
  }

  @Test func `unzoomed snow has as many flakes as the normal distribution says`() throws {
    // Severities 1 and 2: numbers around 0.1 with deviation 0.2 above 0.6 and 0.5.
    for (threshold, share) in [
      (0.6, erfc(2.5 / 2.squareRoot()) / 2), (0.5, erfc(2 / 2.squareRoot()) / 2),
    ] {
      let snow = try IntermediateValueTests.row(
        Snow.self,
        """
        {"mean": 0.1, "deviation": 0.2, "zoom": 1, "threshold": \(threshold), "blur_radius": 0,
         "blur_sigma": 1, "keep": 1}
        """)
      let count = 200
      let flakes = (0..<count).reduce(0) { sum, index in
        var random = RandomStream(seed: 2, purpose: "snow", minor: index)
        return sum + snow.flakes(height: 32, width: 32, random: &random).values.count { $0 > 0 }
      }
      let total = Double(count * 1024)
      // Five standard errors of a count.
      expectClose(
        Double(flakes) / total, share, absolute: 5 * (share * (1 - share) / total).squareRoot())
    }
  }

  /// The parameters of a layer of snow, and the specification's values of it before it is blurred
  /// with what they were rounded from.
  struct SnowLayer {
    let parameters: (mean: Double, deviation: Double, zoom: Double, threshold: Double)
    let percentage: ClosedRange<Double>
    let brightness: ClosedRange<Double>
  }

  static let snowLayers = [
    SnowLayer(
      parameters: (0.1, 0.2, 1, 0.6), percentage: 0.615...0.625, brightness: 0.0035...0.0045),
    SnowLayer(
      parameters: (0.1, 0.2, 1, 0.5), percentage: 2.25...2.35, brightness: 0.0125...0.0135),
    SnowLayer(
      parameters: (0.15, 0.3, 1.75, 0.55), percentage: 2.35...2.45, brightness: 0.0145...0.0155),
    SnowLayer(
      parameters: (0.25, 0.3, 2.25, 0.6), percentage: 3.75...4.05, brightness: 0.0265...0.0275),
    SnowLayer(
      parameters: (0.3, 0.3, 1.25, 0.65), percentage: 3.95...4.35, brightness: 0.0305...0.0315),
  ]

  @Test(arguments: [32, 64], snowLayers)
  func `snow has as many flakes as the published function, and as bright ones`(
    side: Int, layer: SnowLayer
  ) throws {
    let (mean, deviation, zoom, threshold) = layer.parameters
    let snow = try IntermediateValueTests.row(
      Snow.self,
      """
      {"mean": \(mean), "deviation": \(deviation), "zoom": \(zoom), "threshold": \(threshold),
       "blur_radius": 0, "blur_sigma": 1, "keep": 1}
      """)
    let flakes = (0..<200).map { index in
      var random = RandomStream(seed: 2, purpose: "snow", minor: index)
      return snow.flakes(height: side, width: side, random: &random).values
    }
    let percentages = flakes.map { 100 * Double($0.count { $0 > 0 }) / Double($0.count) }
    let brightness = flakes.map { $0.reduce(0, +) / 255 / Double($0.count) }
    #expect(layer.percentage.widened(by: 5 * percentages.standardError) ~= percentages.mean)
    #expect(layer.brightness.widened(by: 5 * brightness.standardError) ~= brightness.mean)
  }
}

extension ClosedRange<Double> {
  fileprivate func widened(by margin: Double) -> Self { lowerBound - margin...upperBound + margin }
}

extension [Double] {
  fileprivate var mean: Double { reduce(0, +) / Double(count) }

  fileprivate var standardError: Double {
    let mean = mean
    let squares = reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(count * (count - 1))).squareRoot()
  }
}

/// A stream that counts its uniform numbers.
private struct CountingStream: RandomSource {
  var stream: RandomStream
  var count = 0

  mutating func nextUniform() -> Double {
    count += 1
    return stream.nextUniform()
  }

  mutating func nextNormal() -> Double { stream.nextNormal() }
}
