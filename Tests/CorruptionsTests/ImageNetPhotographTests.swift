import Corruptions
import Foundation
import Images
import Testing

/// The specification's statistics of corrupted photographs at 224×224 pixels, on five other photographs.
struct ImageNetPhotographTests {
  static let suite = Suites.imagenet(codec: "ijg")

  /// The published functions' mean PSNR in dB over twelve photographs, and its deviation between them.
  struct Band {
    /// At severities 1 to 5.
    let signalToNoise: [Double]
    let deviation: Double

    init(_ signalToNoise: [Double], _ deviation: Double) {
      (self.signalToNoise, self.deviation) = (signalToNoise, deviation)
    }
  }

  static let bands: [Corruption.Name: Band] = [
    .gaussianNoise: Band([22.3, 19.0, 15.7, 13.0, 10.6], 0.5),
    .shotNoise: Band([22.3, 18.7, 15.7, 12.5, 10.7], 2.0),
    .impulseNoise: Band([20.2, 17.2, 15.4, 12.6, 10.6], 0.6),
    .speckleNoise: Band([24.0, 21.6, 17.1, 15.3, 13.4], 3.4),
    .defocusBlur: Band([26.2, 24.7, 22.8, 21.7, 20.9], 3.2),
    .gaussianBlur: Band([30.4, 25.6, 23.6, 22.4, 21.0], 3.2),
    .glassBlur: Band([24.7, 24.8, 21.3, 21.8, 21.3], 3.1),
    .motionBlur: Band([24.0, 21.9, 20.3, 19.1, 18.6], 2.8),
    .zoomBlur: Band([21.2, 20.2, 19.9, 19.4, 19.0], 3.1),
    .snow: Band([15.1, 10.9, 10.9, 9.2, 8.0], 0.5),
    // Of the published textures; these are the substitutes, which are made to be as bright.
    .frost: Band([12.1, 11.5, 10.6, 11.8, 9.8], 2.3),
    .fog: Band([14.9, 13.8, 13.2, 13.3, 12.6], 2.5),
    .brightness: Band([21.7, 15.8, 12.8, 10.8, 9.5], 2.1),
    .contrast: Band([19.8, 18.4, 17.3, 16.2, 15.8], 3.5),
    .elasticTransform: Band([15.1, 14.0, 19.8, 19.3, 18.8], 3.0),
    .pixelate: Band([29.7, 29.0, 26.9, 25.3, 24.4], 3.2),
    .jpegCompression: Band([30.2, 29.1, 28.5, 27.0, 25.6], 2.0),
    .saturate: Band([18.8, 16.6, 19.9, 15.8, 14.0], 4.9),
    .spatter: Band([33.1, 24.2, 22.1, 20.1, 17.9], 2.0),
  ]

  /// The mean rise in brightness in levels, at severities 1 to 5.
  static let lightening: [Corruption.Name: [Double]] = [
    .snow: [41, 67, 67, 81, 96],
    .frost: [64, 65, 70, 58, 75],
    .brightness: [20, 40, 57, 72, 83],
  ]

  @Test(arguments: Corruption.Name.allCases)
  func `noise and brightness at 224 pixels are those of the published functions`(
    name: Corruption.Name
  ) throws {
    let band = try #require(Self.bands[name])
    let photographs = Photographs.prepared
    // Three standard errors of the difference of the means over twelve photographs and over these.
    let tolerance =
      3 * band.deviation * (1 / 12 + 1 / Double(photographs.count)).squareRoot()
    let changes = try (1...5).map { try Self.change(name, severity: $0) }
    for (severity, change) in zip(1...5, changes) {
      let expected = band.signalToNoise[severity - 1]
      #expect(
        abs(change.signalToNoise - expected) <= tolerance,
        "\(name) \(severity): \(change.signalToNoise) dB, not \(expected) ± \(tolerance)")
    }
    for (change, expected) in zip(changes, Self.lightening[name] ?? []) {
      // As at other sizes: photographs that are darker or lighter leave more or less to lighten.
      #expect(abs(20 * log10(change.lightening / expected)) <= 4, "\(name): \(change.lightening)")
    }
  }

  @Test(arguments: Corruption.Name.allCases)
  func `files of quality 85, as ImageNet-C is published, lose noise and little else`(
    name: Corruption.Name
  ) throws {
    let photographs = Photographs.prepared
    let losses = try photographs.enumerated().map { index, photograph in
      let image = try ExactPropertyTests.apply(
        name, of: Self.suite, to: photograph, severity: 3, imageIndex: index)
      let file = try image.jpeg(quality: 85, optimizesTables: true, file: "")
      return ImageStatistics(try Image(decoding: file, file: ""), clean: image).signalToNoise
    }
    let mean = losses.reduce(0, +) / Double(losses.count)
    switch name {
    case .gaussianNoise, .shotNoise, .impulseNoise, .speckleNoise:
      // 4:2:0 keeps a quarter of the chroma, where noise differs from pixel to pixel: Pillow's files of the
      // same photographs are 16.9 to 20.6 dB away.
      #expect((15...23).contains(mean), "\(mean)")
    default:
      // Pillow's files are 32.8 to 46.1 dB away.
      #expect((31...48).contains(mean), "\(mean)")
    }
  }

  /// The mean PSNR and the mean rise in brightness of the photographs.
  private static func change(
    _ name: Corruption.Name, severity: Int
  ) throws -> (signalToNoise: Double, lightening: Double) {
    var sums = (signalToNoise: 0.0, lightening: 0.0)
    for (index, photograph) in Photographs.prepared.enumerated() {
      let image = try ExactPropertyTests.apply(
        name, of: suite, to: photograph, severity: severity, imageIndex: index)
      let statistics = ImageStatistics(image, clean: photograph)
      sums.signalToNoise += statistics.signalToNoise
      sums.lightening += statistics.mean - ImageStatistics(photograph, clean: photograph).mean
    }
    let count = Double(Photographs.prepared.count)
    return (sums.signalToNoise / count, sums.lightening / count)
  }
}
