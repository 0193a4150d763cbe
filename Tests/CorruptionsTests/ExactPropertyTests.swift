import Corruptions
import Images
import Testing

/// Exact properties of every byte of corrupted simple images.
struct ExactPropertyTests {
  static let suites = [Suites.cifar, Suites.tiny]

  static func apply(
    _ name: Corruption.Name, of suite: CorruptionSuite, to image: Image, severity: Int,
    imageIndex: Int = 0
  ) throws -> Image {
    try #require(suite[name])
      .apply(to: image, severity: severity, seed: 3, imageIndex: imageIndex)
  }

  /// The levels of a flat image after corruption, over all channels.
  static func levels(
    _ name: Corruption.Name, of suite: CorruptionSuite, flat level: UInt8, severity: Int
  ) throws -> Set<Int> {
    let image = try apply(
      name, of: suite, to: .flat(level, side: suite.side), severity: severity)
    return Set(image.pixels.map(Int.init))
  }

  @Test func `dividing by 255 and back gives every level again`() {
    for level in UInt8.min...UInt8.max {
      #expect(UInt8(unit: Double(level) / 255) == level)
      #expect(UInt8(unit: Float(level) / 255) == level)
    }
    #expect([-1, 1.5, .nan, .infinity, -.infinity].map { UInt8(unit: $0) } == [0, 255, 0, 255, 0])
  }

  @Test(arguments: suites, 1...5)
  func `flat images keep their level or lose one`(suite: CorruptionSuite, severity: Int) throws {
    for level in stride(from: 0, through: UInt8.max, by: 5) {
      let kept = Set([Int(level)])
      let keptOrLess = Set([Int(level), Int(level) - 1])
      func levels(_ name: Corruption.Name) throws -> Set<Int> {
        try Self.levels(name, of: suite, flat: level, severity: severity)
      }
      #expect(try levels(.pixelate) == kept)
      #expect(try levels(.gaussianBlur).isSubset(of: keptOrLess))
      #expect(try levels(.contrast).isSubset(of: keptOrLess))
    }
  }

  @Test(arguments: suites, 1...5)
  func `black stays black`(suite: CorruptionSuite, severity: Int) throws {
    for name in [Corruption.Name.shotNoise, .speckleNoise, .saturate] {
      #expect(try Self.levels(name, of: suite, flat: 0, severity: severity) == [0])
    }
  }

  @Test(
    arguments: [
      (Suites.cifar, 0, [12, 25, 38, 51, 76]), (Suites.tiny, 0, [25, 51, 76, 102, 127]),
      (Suites.cifar, 128, [140, 153, 166, 179, 204]),
      (Suites.tiny, 128, [153, 179, 204, 230, 255]),
    ] as [(CorruptionSuite, Int, [Int])])
  func `brightness of flat images`(suite: CorruptionSuite, level: Int, expected: [Int]) throws {
    for severity in 1...5 {
      let levels = try Self.levels(.brightness, of: suite, flat: UInt8(level), severity: severity)
      #expect(levels == [expected[severity - 1]])
    }
  }

  @Test(arguments: suites)
  func `saturate turns gray reddish`(suite: CorruptionSuite) throws {
    for (severity, level) in zip(1...5, [128, 128, 128, 115, 102] as [UInt8]) {
      let gray = Image.flat(128, side: suite.side)
      let image = try Self.apply(.saturate, of: suite, to: gray, severity: severity)
      for start in stride(from: 0, to: image.pixels.count, by: 3) {
        #expect(image.pixels[start..<start + 3] == [128, level, level])
      }
    }
  }

  @Test func `pixelate at half the side gives blocks of rounded means`() throws {
    let image = Image.test(side: 64)
    let result = try Self.apply(.pixelate, of: Suites.tiny, to: image, severity: 5)
    func mean(_ first: UInt8, _ second: UInt8) -> UInt8 {
      UInt8((Int(first) + Int(second) + 1) / 2)
    }
    for y in 0..<64 {
      for x in 0..<64 {
        for c in 0..<3 {
          let (top, left) = (y / 2 * 2, x / 2 * 2)
          let expected = mean(
            mean(image[top, left, c], image[top, left + 1, c]),
            mean(image[top + 1, left, c], image[top + 1, left + 1, c]))
          #expect(result[y, x, c] == expected)
        }
      }
    }
  }

  @Test(arguments: suites, 1...5)
  func `gaussian blur commutes with flips`(suite: CorruptionSuite, severity: Int) throws {
    let image = Image.test(side: suite.side)
    let blurred = try Self.apply(.gaussianBlur, of: suite, to: image, severity: severity)
    let other = try Self.apply(.gaussianBlur, of: suite, to: image.mirrored, severity: severity)
    #expect(other.mirrored == blurred)
  }

  @Test(arguments: suites, 1...5)
  func `impulse noise changes bytes only to 0 and 255`(
    suite: CorruptionSuite, severity: Int
  ) throws {
    let image = Image.test(side: suite.side)
    let result = try Self.apply(.impulseNoise, of: suite, to: image, severity: severity)
    let changed = zip(image.pixels, result.pixels).filter { $0 != $1 }.map(\.1)
    #expect(Set(changed) == [0, 255])
  }
}

extension Image {
  /// The image with left and right exchanged.
  var mirrored: Image {
    var result = self
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 { result[y, x, c] = self[y, width - 1 - x, c] }
      }
    }
    return result
  }
}
