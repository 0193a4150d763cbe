import Corruptions
import Images
import Tensors
import TestSupport
import Testing

/// Properties of the blurs and the digital corruptions on simple images.
struct BlurPropertyTests {
  static let suites = [Suites.cifar, Suites.tiny]

  @Test(arguments: suites, 1...5)
  func `flat images keep their level, or nearly so`(suite: CorruptionSuite, severity: Int) throws {
    // The weights of the widest disk of the Tiny-ImageNet suite sum to a little less than 1.
    let lostByDisk = suite.side == 64 && severity == 5 ? 1 : 0
    let jpegError = suite.side == 64 && severity == 5 ? 2 : 1
    for level in stride(from: 0, through: 255, by: 5) {
      func levels(_ name: Corruption.Name) throws -> Set<Int> {
        try ExactPropertyTests.levels(name, of: suite, flat: UInt8(level), severity: severity)
      }
      #expect(try levels(.motionBlur) == [level])
      #expect(try levels(.defocusBlur) == [max(level - lostByDisk, 0)])
      #expect(try levels(.zoomBlur).isSubset(of: [level, level - 1]))
      #expect(try levels(.glassBlur).isSubset(of: [level, level - 1, level - 2]))
      #expect(try levels(.elasticTransform).isSubset(of: [level, level - 1]))
      #expect(try levels(.jpegCompression).allSatisfy { abs($0 - level) <= jpegError })
    }
  }

  @Test
  func `unblurred glass moves pixels by at most one down and right, each with equal probability`()
    throws
  {
    // Every pixel has a color of its own: row, column and their product.
    var image = Image.flat(0, side: 32)
    for y in 0..<32 {
      for x in 0..<32 { (image[y, x, 0], image[y, x, 1]) = (UInt8(8 * y), UInt8(8 * x)) }
    }
    var counts = [Int](repeating: 0, count: 4)
    for index in 0..<200 {
      let result = try ExactPropertyTests.apply(
        .glassBlur, of: Suites.cifar, to: image, severity: 1, imageIndex: index)
      for y in 0..<32 {
        for x in 0..<32 {
          let up = y - Int(result[y, x, 0]) / 8
          let left = x - Int(result[y, x, 1]) / 8
          guard y > 1 && x > 1 else {
            #expect(up == 0 && left == 0)
            continue
          }
          #expect(0...1 ~= up && 0...1 ~= left)
          counts[2 * up + left] += 1
        }
      }
    }
    // Five standard errors of a count of 200 · 900 draws with probability ¼.
    let error = 5 * (180_000.0 * 0.25 * 0.75).squareRoot()
    expectClose(counts.map(Double.init), [45000, 45000, 45000, 45000], absolute: error)
  }

  @Test(arguments: [1, 1.01])
  func `small zooms of 32 pixels change nothing`(factor: Double) {
    let raster = Raster(Image.test(side: 32))
    #expect(ClippedZoom(height: 32, width: 32, factor: factor)(raster) == raster)
  }

  @Test(arguments: suites)
  func `an elastic transform without its jitter and field changes nothing`(
    suite: CorruptionSuite
  ) throws {
    var random = MiddleSource()
    let image = Image.test(side: suite.side)
    let elastic = try #require(suite[.elasticTransform])
    let result = try elastic.apply(to: image, severity: 1, random: &random)
    // Conversion to single precision and back may lose a level.
    #expect(zip(image.pixels, result.pixels).allSatisfy { $0 == $1 || $0 == $1 + 1 })
    #expect(random.count == 6 + 2 * suite.side * suite.side)
  }

  @Test(arguments: [(0.0, 0, 1), (90, 1, 0), (-90, -1, 0), (180, 0, -1)])
  func `motion blur averages pixels to the right at 0 degrees and below at 90`(
    degrees: Double, down: Int, right: Int
  ) {
    let side = 31
    var image = Image.flat(0, side: side)
    image[15, 15, 1] = 255
    let blurred = MotionFilter(radius: 4, sigma: 2, degrees: degrees)(Raster(levels: image))
    for y in 0..<side {
      for x in 0..<side {
        // A single bright pixel spreads against the direction.
        let steps = down == 0 ? (15 - x) * right : (15 - y) * down
        let onTrail = down == 0 ? y == 15 : x == 15
        let seen = blurred.values[(y * side + x) * 3 + 1] > 0
        // The last of the nine weights is below half a level.
        #expect(seen == (onTrail && 0...6 ~= steps))
      }
    }
  }

  @Test(arguments: suites, 1...5)
  func `defocus commutes with flips up to ties`(suite: CorruptionSuite, severity: Int) throws {
    let image = Image.test(side: suite.side)
    let blurred = try ExactPropertyTests.apply(
      .defocusBlur, of: suite, to: image, severity: severity)
    let other = try ExactPropertyTests.apply(
      .defocusBlur, of: suite, to: image.mirrored, severity: severity
    ).mirrored
    #expect(zip(blurred.pixels, other.pixels).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
  }
}

/// A source that gives the middle of every range and counts its numbers.
private struct MiddleSource: RandomSource {
  var count = 0

  mutating func nextUniform() -> Double {
    count += 1
    return 0.5
  }

  mutating func nextNormal() -> Double {
    count += 1
    return 0
  }
}
