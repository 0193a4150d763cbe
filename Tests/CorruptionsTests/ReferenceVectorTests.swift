import Corruptions
import Foundation
import Images
import TestSupport
import Testing

/// Every corruption of both suites against the canonical generators; see `ReferenceVectors`.
struct ReferenceVectorTests {
  @Test(arguments: [Suites.cifar, Suites.tiny])
  func `the test image is that of the reference`(suite: CorruptionSuite) {
    let expected = [
      32: ReferenceVectors.Cell(sum: 409600, crc: 0x44e8_ea27),
      64: ReferenceVectors.Cell(sum: 1_583_360, crc: 0x6299_568d),
    ]
    #expect(Image.test(side: suite.side).cell == expected[suite.side])
  }

  @Test(arguments: Corruption.Name.allCases)
  func `cifar suite`(name: Corruption.Name) throws {
    try check(Suites.cifar(codec: "turbo").using(.test), name, ReferenceVectors.cifar)
  }

  @Test(arguments: Corruption.Name.allCases)
  func `tiny suite`(name: Corruption.Name) throws {
    try check(Suites.tiny(codec: "turbo").using(.test), name, ReferenceVectors.tiny)
  }

  @Test func `sums of the other JPEG library`() throws {
    for (suite, expected) in [
      (Suites.cifar, [409354, 409419, 410326, 410365, 410335]),
      (Suites.tiny, [1_584_376, 1_584_179, 1_586_328, 1_585_040, 1_579_784]),
    ] {
      for severity in 1...5 {
        let image = try #require(suite[.jpegCompression])
          .apply(to: .test(side: suite.side), severity: severity, seed: 0, imageIndex: 0)
        // Its integer transform differs from ours in a few bytes: ±0.1 %.
        let sum = Double(expected[severity - 1])
        expectClose(Double(image.cell.sum), sum, absolute: 0.001 * sum, "severity \(severity)")
      }
    }
  }

  @Test func `the other JPEG library rounds halves of chroma up`() throws {
    // At quality 65 the tint is decoded to -1.5 levels of Cr; rounded to -1 it is unchanged.
    let pixels = (0..<32 * 32).flatMap { _ in [100, 102, 101] as [UInt8] }
    let tint = Image(height: 32, width: 32, pixels: pixels)
    let image = try #require(Suites.cifar[.jpegCompression])
      .apply(to: tint, severity: 2, seed: 0, imageIndex: 0)
    #expect(image == tint)
  }

  @Test(arguments: Corruption.Name.allCases)
  func `four pixels`(name: Corruption.Name) throws {
    var random = TestGenerator()
    let image = try #require(Suites.cifar(codec: "turbo").using(.test)[name])
      .apply(to: .test(side: 32), severity: 3, random: &random)
    let pixels = (14...17).map { x in (0..<3).map { "\(image[16, x, $0])" }.joined(separator: ",") }
    #expect(pixels.joined(separator: " · ") == ReferenceVectors.pixels[name.rawValue])
  }

  private func check(
    _ suite: CorruptionSuite, _ name: Corruption.Name, _ vectors: [String: [ReferenceVectors.Cell]]
  ) throws {
    let corruption = try #require(suite[name])
    #expect(corruption.severities == [1, 2, 3, 4, 5])
    let expected = try #require(vectors[name.rawValue])
    for severity in 1...5 {
      var random = TestGenerator()
      let image = try corruption.apply(
        to: .test(side: suite.side), severity: severity, random: &random)
      #expect(image.cell == expected[severity - 1], "severity \(severity)")
    }
  }
}
