import Corruptions
import Foundation
import Images
import TestSupport
import Testing

/// Properties of the corruptions at 224×224 pixels, and of images of other sizes than the severities are
/// meant for.
struct ImageNetPropertyTests {
  static let suite = Suites.imagenet(codec: "ijg")

  static func levels(
    _ name: Corruption.Name, flat level: Int, severity: Int
  ) throws -> Set<Int> {
    try ExactPropertyTests.levels(name, of: suite, flat: UInt8(level), severity: severity)
  }

  @Test(arguments: 1...5)
  func `flat images keep their level, or nearly so`(severity: Int) throws {
    for level in [0, 37, 128, 255] {
      for name in [Corruption.Name.pixelate, .motionBlur] {
        #expect(try Self.levels(name, flat: level, severity: severity) == [level])
      }
      for name in [
        Corruption.Name.gaussianBlur, .zoomBlur, .contrast, .glassBlur, .elasticTransform,
      ] {
        #expect(
          try Self.levels(name, flat: level, severity: severity).isSubset(of: [level, level - 1]))
      }
    }
  }

  @Test func `defocus loses a level, and gains some where the disk touches its grid's border`()
    throws
  {
    for severity in 1...3 {
      for level in [1, 100, 255] {
        #expect(
          try Self.levels(.defocusBlur, flat: level, severity: severity) == [level - 1])
      }
      #expect(try Self.levels(.defocusBlur, flat: 0, severity: severity) == [0])
    }
    for (level, brighter) in [(0, 0), (100, 101), (200, 202), (255, 255)] {
      #expect(try Self.levels(.defocusBlur, flat: level, severity: 4) == [brighter])
    }
    #expect(try Self.levels(.defocusBlur, flat: 200, severity: 5) == [202])
  }

  @Test func `black and white`() throws {
    for severity in 1...5 {
      for name in [Corruption.Name.shotNoise, .speckleNoise, .fog, .saturate] {
        #expect(try Self.levels(name, flat: 0, severity: severity) == [0])
      }
      let dark = try Self.levels(.snow, flat: 0, severity: severity).min()
      #expect(dark == [25, 38, 38, 44, 57][severity - 1])
      #expect(try Self.levels(.snow, flat: 255, severity: severity) == [255])
      let black = try Self.levels(.brightness, flat: 0, severity: severity)
      #expect(black == [[25, 51, 76, 102, 127][severity - 1]])
      let gray = try Self.levels(.brightness, flat: 128, severity: severity)
      #expect(gray == [[153, 179, 204, 230, 255][severity - 1]])
      // The whole cloud reaches these; a part of it may not.
      let fog = try #require(Self.levels(.fog, flat: 255, severity: severity).min())
      #expect(fog >= [102, 85, 72, 72, 63][severity - 1])
      let reddish = try Self.levels(.saturate, flat: 128, severity: severity)
      #expect(reddish == [[128], [128], [128], [115, 128], [102, 128]][severity - 1])
    }
  }

  /// A disk's radius and the deviation of its edge, in pixels; the side, sum and non-zero weights of its
  /// kernel, and the weights of the middle row from a pixel inside the disk's edge outward.
  struct Disk {
    let shape: (radius: Double, sigma: Double)
    let kernel: (side: Int, sum: Double, taps: Int)
    let row: [Float]
  }

  static let disks = [
    Disk(
      shape: (3, 0.1), kernel: (17, 0.9999999962747097, 61),
      row: [0.0344827585, 0.0344827585, 6.65e-24, 0]),
    Disk(
      shape: (4, 0.5), kernel: (17, 0.999999973224476, 89),
      row: [0.0199451521, 0.0148133468, 0.0017106022, 0]),
    Disk(
      shape: (6, 0.5), kernel: (17, 0.9999999994179234, 169),
      row: [0.00864878297, 0.00642348686, 0.000741765543, 0]),
    Disk(
      shape: (8, 0.5), kernel: (17, 1.0129754308436532, 257),
      row: [0.00496097701, 0.00422518235]),
    Disk(
      shape: (10, 0.5), kernel: (21, 1.0107858078648482, 429),
      row: [0.00308290333, 0.00262499298]),
  ]

  @Test(arguments: disks.indices)
  func `disks with smooth edges`(index: Int) {
    let (radius, sigma) = Self.disks[index].shape
    let (side, sum, taps) = Self.disks[index].kernel
    let row = Self.disks[index].row
    let disk = DefocusBlur.disk(radius: radius, edgeSigma: sigma)
    #expect(2 * disk.radius + 1 == side)
    // Sums of a few hundred numbers in another order.
    expectClose(disk.weights.reduce(0, +), sum, absolute: 1e-13)
    #expect(disk.weights.count { $0 != 0 } == taps)
    let start = disk.radius * side + disk.radius + Int(radius) - 1
    for (found, expected) in zip(disk.weights[start...], row) {
      // Given to nine digits, the smallest to three.
      expectClose(found, Double(expected), absolute: max(Double(expected) * 1e-7, 1e-25))
    }
  }

  @Test func `parameters for another size are marked`() throws {
    let blur = try #require(Self.suite[.gaussianBlur])
    #expect(!blur.isSubstitute && blur.side == 224)
    let stretched = try blur.stretched(toHeight: 224, width: 225)
    #expect(stretched.isSubstitute && stretched.side == 224)
    #expect(try !blur.stretched(toHeight: 224, width: 224).isSubstitute)
    #expect {
      try stretched.apply(to: .test(side: 224), severity: 1, seed: 0)
    } throws: { error in
      "\(error)" == "gaussian_blur: expected an image of 224×225 pixels, found 224×224"
    }
  }

  static let smallest: [Corruption.Name: Int] = [
    .elasticTransform: 6, .glassBlur: 10, .pixelate: 4,
  ]

  @Test(arguments: Corruption.Name.allCases)
  func `sizes down to the smallest, and none below it`(name: Corruption.Name) throws {
    let corruption = try #require(Self.suite.using(.test)[name])
    let side = Self.smallest[name] ?? 1
    for (height, width) in [(side, side), (side, 41), (53, side)] {
      let image = Image.test(height: height, width: width)
      let fit = try corruption.stretched(toHeight: height, width: width)
      for severity in 1...5 {
        let result = try fit.apply(to: image, severity: severity, seed: 1)
        #expect(result.height == height && result.width == width)
      }
    }
    guard side > 1 else { return }
    #expect {
      try corruption.stretched(toHeight: side - 1, width: 41)
    } throws: { error in
      "\(error)".contains("expected a side of at least")
        && "\(error)".hasSuffix("found images of \(side - 1)×41 pixels")
    }
  }

  @Test func `frost needs larger textures than the image`() throws {
    let frost = try #require(Self.suite[.frost])
    let image = Image.test(height: 314, width: 20)
    let tall = try frost.stretched(toHeight: 314, width: 20)
    #expect(try tall.apply(to: image, severity: 1, seed: 0) != image)
    #expect {
      try frost.stretched(toHeight: 20, width: 315)
    } throws: { error in
      "\(error)"
        == "frost at severity 1: expected a side below 315, that of the scaled textures, found images of "
        + "20×315 pixels"
    }
  }

  @Test func `lengths of elastic transforms grow with the shorter side`() throws {
    func field(_ height: Int, _ width: Int, _ parameters: String) throws -> Raster {
      var random = TestGenerator()
      return try IntermediateValueTests.row(ElasticTransform.self, parameters)
        .field(height: height, width: width, random: &random)
    }
    let half = try field(
      112, 300, #"{"displacement": 2, "sigma": 0.08, "jitter": 0, "unit": 244, "unit_side": 224}"#)
    let own = try field(
      112, 300, #"{"displacement": 2, "sigma": 0.08, "jitter": 0, "unit": 122, "unit_side": 112}"#)
    #expect(half == own)
    let plain = try field(112, 300, #"{"displacement": 0.1, "sigma": 0.08, "jitter": 0}"#)
    let unit = try field(
      112, 300, #"{"displacement": 0.1, "sigma": 0.08, "jitter": 0, "unit": 1, "unit_side": 1}"#)
    #expect(plain == unit)
  }

  @Test func `points that fall on a line are warped to the origin, and none is out of range`() {
    let image = Raster(Image.test(side: 8))
    let line = AffineMap(xx: 1, xy: 1, x0: 3, yx: 1, yy: 1, y0: 3)
    let warped = image.warped(by: line)
    #expect((0..<64).allSatisfy { warped.values[3 * $0] == Double(Float(image.values[0])) })
    let nearly = AffineMap(xx: 1e-9, xy: 0, x0: 3, yx: 0, yy: 1e-9, y0: 3)
    #expect(image.warped(by: nearly).values.allSatisfy { 0...1 ~= $0 })
  }
}
