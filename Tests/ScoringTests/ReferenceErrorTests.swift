import Foundation
import Scoring
import TestSupport
import Testing

/// Mean corruption errors relative to those of a reference model.
struct ReferenceErrorTests {
  /// AlexNet's mean errors on ImageNet-C.
  static let alexNet = [
    "gaussian_noise": 0.886428, "shot_noise": 0.894468, "impulse_noise": 0.922640,
    "defocus_blur": 0.819880, "glass_blur": 0.826268, "motion_blur": 0.785948,
    "zoom_blur": 0.798360, "snow": 0.866816, "frost": 0.826572, "fog": 0.819324,
    "brightness": 0.564592, "contrast": 0.853204, "elastic_transform": 0.646056,
    "pixelate": 0.717840, "jpeg_compression": 0.606500,
  ]

  /// The corruption errors of a ResNet-50 on the published files, in % of AlexNet's, as the leaderboard of
  /// hendrycks/robustness prints them.
  static let resNet50 = [
    "gaussian_noise": 80.0, "shot_noise": 82, "impulse_noise": 83, "defocus_blur": 75,
    "glass_blur": 89, "motion_blur": 78, "zoom_blur": 80, "snow": 78, "frost": 75, "fog": 66,
    "brightness": 57, "contrast": 71, "elastic_transform": 85, "pixelate": 77,
    "jpeg_compression": 77,
  ]

  static let kinds = CorruptionAggregateTests.kinds.map { kind in
    CorruptionKind(
      name: kind.name, family: kind.family, isBenchmark: kind.isBenchmark,
      reference: alexNet[kind.name].map {
        ReferenceError(model: "AlexNet", classCount: 1000, error: $0, cleanError: 0.4345)
      })
  }

  static func reference(_ kinds: [CorruptionKind] = kinds) throws -> ReferenceErrors {
    try #require(ReferenceErrors(of: kinds, classCount: 1000))
  }

  /// A run whose errors of a corruption are spread around this mean over severities.
  static func run(_ means: [String: Double], clean: Double?) -> CorruptionErrors {
    CorruptionErrors(
      cells: Dictionary(
        uniqueKeysWithValues: means.flatMap { name, mean in
          (1...5).map { severity in
            (Cell(corruption: name, severity: severity), mean + 0.01 * Double(severity - 3))
          }
        }), clean: clean)
  }

  @Test func `AlexNet itself is 1, and its mean error is that of the published table`() throws {
    let run = Self.run(Self.alexNet, clean: 0.4345)
    let reference = try Self.reference()
    #expect(reference.model == "AlexNet" && reference.cells.count == 75)
    // 75 roundings of numbers below 2.
    expectClose(try #require(reference.meanCorruptionError(run)), 1, absolute: 75 * 0x1p-53)
    expectClose(
      try #require(reference.relativeMeanCorruptionError(run)), 1, absolute: 750 * 0x1p-53)
    let own = try #require(CorruptionProtocol(.c15, of: Self.kinds))
    // The published mean has six decimals.
    expectClose(try #require(own.meanCorruptionError(run)), 0.788993, absolute: 5e-7)
  }

  @Test func `a ResNet-50 has the mCE of the leaderboard`() throws {
    let means = Self.alexNet.reduce(into: [String: Double]()) {
      $0[$1.key] = $1.value * (Self.resNet50[$1.key] ?? .nan) / 100
    }
    let run = Self.run(means, clean: 0.2385)
    let reference = try Self.reference()
    let value = try #require(reference.meanCorruptionError(run))
    // 76.7 is the mean of the 15 before they are rounded to whole numbers, each by 0.5 at most.
    expectClose(100 * value, 76.7, absolute: 0.5)
    // The same by hand: the mean of ratios, not the ratio of means.
    expectClose(100 * value, Self.resNet50.values.reduce(0, +) / 15, absolute: 1e-10)
    for (name, percent) in Self.resNet50 {
      let one = try #require(reference.meanCorruptionError(run, of: name))
      expectClose(100 * one, percent, absolute: 1e-10)
    }
    let excess = Self.alexNet.map { name, error in
      ((means[name] ?? .nan) - 0.2385) / (error - 0.4345)
    }
    expectClose(
      try #require(reference.relativeMeanCorruptionError(run)), excess.reduce(0, +) / 15,
      absolute: 1e-12)
  }

  @Test func `a missing cell, substitutes, other classes and a part of the errors leave none`()
    throws
  {
    var cells = Self.run(Self.alexNet, clean: 0.4).cells
    let reference = try Self.reference()
    let whole = CorruptionErrors(cells: cells)
    #expect(reference.meanCorruptionError(whole) != nil)
    #expect(reference.relativeMeanCorruptionError(whole) == nil)
    for severity in 1...5 {
      cells[Cell(corruption: "frost(substitute)", severity: severity)] = cells.removeValue(
        forKey: Cell(corruption: "frost", severity: severity))
    }
    #expect(reference.meanCorruptionError(CorruptionErrors(cells: cells)) == nil)
    #expect(reference.meanCorruptionError(CorruptionErrors(cells: cells), of: "fog") != nil)
    #expect(ReferenceErrors(of: Self.kinds, classCount: 200) == nil)
    #expect(ReferenceErrors(of: CorruptionAggregateTests.kinds, classCount: 1000) == nil)
    #expect(ReferenceErrors(of: Self.kinds.filter { $0.name != "fog" }, classCount: 1000) == nil)
    let others = Self.kinds.map { kind in
      CorruptionKind(
        name: kind.name, family: kind.family, isBenchmark: kind.isBenchmark,
        reference: kind.reference.map {
          ReferenceError(
            model: kind.name == "fog" ? "VGG" : $0.model, classCount: 1000, error: $0.error,
            cleanError: $0.cleanError)
        })
    }
    #expect(ReferenceErrors(of: others, classCount: 1000) == nil)
  }

  @Test func `draws are divided as values are`() throws {
    let reference = try Self.reference()
    var random = SeededGenerator(seed: 8)
    let draws = Dictionary(
      uniqueKeysWithValues: ([Cell.clean] + reference.cells).map { cell in
        (cell, (0..<7).map { _ in Double.random(in: 0.1...0.9, using: &random) })
      })
    let spreads = reference.spreads { cell in
      BootstrapDistribution(draws[cell] ?? []).map(MetricSpread.draws)
    }
    let (means, relatives) = (
      try #require(spreads.mean?.distribution), try #require(spreads.relative?.distribution)
    )
    for draw in 0..<7 {
      let errors = draws.mapValues { 1 - $0[draw] }
      let run = CorruptionErrors(cells: errors.filter { !$0.key.isClean }, clean: errors[.clean])
      // Sums of 75 numbers below 2, in another order; relative errors are divided by 0.13 at least.
      expectClose(
        means.values[draw], try #require(reference.meanCorruptionError(run)),
        absolute: 150 * 0x1p-53)
      expectClose(
        relatives.values[draw], try #require(reference.relativeMeanCorruptionError(run)),
        absolute: 2000 * 0x1p-53)
    }
  }

  @Test func `kinds of older records have no reference, and those of newer ones keep it`() throws {
    let older = Data(#"{"family":"noise","isBenchmark":true,"name":"fog"}"#.utf8)
    let kind = try JSONDecoder().decode(CorruptionKind.self, from: older)
    #expect(kind.reference == nil)
    let encoded = try JSONEncoder().encode(kind)
    #expect(!String(decoding: encoded, as: UTF8.self).contains("reference"))
    let copy = try JSONDecoder().decode(
      [CorruptionKind].self, from: JSONEncoder().encode(Self.kinds))
    #expect(copy == Self.kinds)
  }
}
