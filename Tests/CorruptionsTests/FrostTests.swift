import Corruptions
import Formats
import Foundation
import Images
import TestSupport
import Testing

struct FrostTests {
  /// Statistics of a published texture scaled by 0.2 and by 0.3: the five percentiles of
  /// brightness, the mean color, and the autocorrelation at 1, 2, 4 and 8 pixels inside crops.
  struct Texture {
    let index: Int
    let percentiles: [Double]
    let mean: [Double]
    let small: [Double]
    let large: [Double]
  }

  static let published = [
    Texture(
      index: 0, percentiles: [103, 116, 128, 141, 163], mean: [78, 149, 166],
      small: [0.50, 0.44, 0.34, 0.20], large: [0.66, 0.62, 0.55, 0.43]),
    Texture(
      index: 1, percentiles: [165, 193, 208, 221, 234], mean: [201, 205, 214],
      small: [0.36, 0.24, 0.19, 0.12], large: [0.59, 0.45, 0.37, 0.31]),
    Texture(
      index: 3, percentiles: [103, 133, 150, 167, 197], mean: [138, 153, 166],
      small: [0.22, 0.16, 0.14, 0.10], large: [0.41, 0.32, 0.25, 0.22]),
    Texture(
      index: 4, percentiles: [58, 89, 117, 149, 201], mean: [112, 123, 135],
      small: [0.35, 0.22, 0.11, 0.06], large: [0.55, 0.38, 0.23, 0.13]),
  ]

  @Test(arguments: [(0.2, 2_843_409), (0.3, 6_337_865)])
  func `scaling a texture`(factor: Double, sum: Int) {
    let scaled = Self.scaled(.testFrost, by: factor)
    #expect(scaled.cell.sum == sum)
    if factor == 0.3 {
      #expect((0..<3).map { scaled[0, 0, $0] } == [13, 15, 17])
      #expect((0..<3).map { scaled[50, 60, $0] } == [168, 59, 205])
    }
  }

  @Test func `the suites use substitutes until they are given the published textures`() throws {
    let frost = try #require(Suites.cifar[.frost])
    #expect(frost.isSubstitute)
    #expect(!frost.using(.test).isSubstitute)
    #expect(Suites.cifar.corruptions.filter(\.isSubstitute).map(\.name) == [.frost])
    #expect(Suites.cifar.using(.test).corruptions.allSatisfy { !$0.isSubstitute })
  }

  @Test func `substitutes have the published sizes and the needles twice`() {
    let images = FrostTextures.substitute.images
    #expect(images.map(\.height) == [600, 315, 315, 350, 495])
    #expect(images.map(\.width) == [900, 560, 560, 527, 660])
    #expect(images[1] == images[2])
  }

  @Test(arguments: published)
  func `substitutes have the brightness and color of the published textures`(
    texture: Texture
  ) throws {
    let image = FrostTextures.substitute.images[texture.index]
    let brightness = Self.brightness(Self.scaled(image, by: 0.2)).values.sorted()
    let found = [0.05, 0.25, 0.5, 0.75, 0.95].map {
      brightness[Int($0 * Double(brightness.count - 1))]
    }
    // Sampled at every fifth pixel in both directions; tints are known to a few levels.
    expectClose(found, texture.percentiles, absolute: 4, "percentiles")
    let means = (0..<3).map { channel in
      let levels = stride(from: channel, to: image.pixels.count, by: 3).map {
        Double(image.pixels[$0])
      }
      return levels.reduce(0, +) / Double(levels.count)
    }
    expectClose(means, texture.mean, absolute: 6, "color")
  }

  @Test(arguments: published)
  func `substitutes are as coarse as the published textures`(texture: Texture) throws {
    let image = FrostTextures.substitute.images[texture.index]
    for (factor, side, expected) in [(0.2, 32, texture.small), (0.3, 64, texture.large)] {
      let scaled = Self.brightness(Self.scaled(image, by: factor))
      // The specification of the substitutes asks for ±0.1.
      expectClose(
        [1, 2, 4, 8].map { Self.autocorrelation(scaled, side: side, lag: $0) }, expected,
        absolute: 0.1, "factor \(factor)")
    }
  }

  @Test func `reads textures from a folder and drops their alpha channel`() throws {
    try withTextures { folder in
      let textures = try FrostTextures(folder: folder)
      #expect(!textures.areSubstitutes)
      #expect(textures.images.map(\.height) == [600, 315, 315, 350, 495])
      // Bytes count up modulo 256: pixel 902 of four channels begins with 3608 mod 256 = 24.
      #expect((0..<3).map { textures.images[0][1, 2, $0] } == [24, 25, 26])
      #expect((0..<3).map { textures.images[3][0, 1, $0] } == [3, 4, 5])
    }
  }

  @Test func `a missing or wrong texture is named`() throws {
    try withTextures { folder in
      let third = folder.appendingPathComponent("frost3.npy")
      try NumPyArray.write([UInt8](repeating: 0, count: 27), shape: [3, 3, 3], to: third)
      #expect(
        throws: CorruptionError.wrongTexture(third, expected: [315, 560, 3], found: [3, 3, 3])
      ) {
        try FrostTextures(folder: folder)
      }
      try FileManager.default.removeItem(at: third)
      #expect(throws: CorruptionError.missingTextures(folder, ["frost3.png"])) {
        try FrostTextures(folder: folder)
      }
    }
  }

  @Test func `pictures are preferred to arrays, and must have the published size`() throws {
    try withTextures { folder in
      let third = folder.appendingPathComponent("frost3.png")
      let gray = Image(height: 315, width: 560, pixels: [UInt8](repeating: 9, count: 529_200))
      try AtomicFile.write(gray.png(file: ""), to: third)
      let textures = try FrostTextures(folder: folder)
      #expect(textures.images[2] == gray)
      #expect(
        textures.files.map(\.lastPathComponent) == [
          "frost1.npy", "frost2.npy", "frost3.png", "frost4.npy", "frost5.npy",
        ])
      let small = Image(height: 1, width: 2, pixels: [UInt8](repeating: 9, count: 6))
      try AtomicFile.write(small.png(file: ""), to: third)
      #expect(
        throws: CorruptionError.wrongTexture(third, expected: [315, 560, 3], found: [1, 2, 3])
      ) {
        try FrostTextures(folder: folder)
      }
      try AtomicFile.write("no picture", to: third)
      #expect(throws: FileFormError.self) { try FrostTextures(folder: folder) }
    }
  }

  /// Calls `body` with a folder of five textures, the first with an alpha channel.
  private func withTextures(_ body: (URL) throws -> Void) throws {
    let folder = try TemporaryFolder()
    let sizes = [(600, 900, 4), (315, 560, 3), (315, 560, 3), (350, 527, 3), (495, 660, 3)]
    for (number, (height, width, channels)) in sizes.enumerated() {
      let bytes = (0..<height * width * channels).map { UInt8(truncatingIfNeeded: $0) }
      try NumPyArray.write(
        bytes, shape: [height, width, channels],
        to: folder.file("frost\(number + 1).npy"))
    }
    try body(folder.url)
  }

  private static func scaled(_ image: Image, by factor: Double) -> Image {
    image.scaled(
      by: factor, rows: 0..<Image.scaledCount(image.height, by: factor),
      columns: 0..<Image.scaledCount(image.width, by: factor))
  }

  private static func brightness(_ image: Image) -> Raster {
    let values = stride(from: 0, to: image.pixels.count, by: 3).map { start in
      0.299 * Double(image.pixels[start]) + 0.587 * Double(image.pixels[start + 1])
        + 0.114 * Double(image.pixels[start + 2])
    }
    return Raster(height: image.height, width: image.width, channels: 1, values: values)
  }

  /// The mean over crops of the correlation of pixels `lag` apart, along rows and columns.
  private static func autocorrelation(_ raster: Raster, side: Int, lag: Int) -> Double {
    var correlations: [Double] = []
    for top in stride(from: 0, through: raster.height - side, by: 13) {
      for left in stride(from: 0, through: raster.width - side, by: 13) {
        let values = (0..<side * side).map { raster[top + $0 / side, left + $0 % side] }
        let mean = values.reduce(0, +) / Double(values.count)
        let centerd = values.map { $0 - mean }
        let variance = centerd.reduce(0) { $0 + $1 * $1 } / Double(centerd.count)
        var sum = 0.0
        for y in 0..<side {
          for x in 0..<side - lag {
            sum += centerd[y * side + x] * centerd[y * side + x + lag]
            sum += centerd[x * side + y] * centerd[(x + lag) * side + y]
          }
        }
        correlations.append(sum / Double(2 * side * (side - lag)) / variance)
      }
    }
    return correlations.reduce(0, +) / Double(correlations.count)
  }
}
