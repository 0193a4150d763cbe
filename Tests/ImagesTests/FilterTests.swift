import Foundation
import Images
import TestSupport
import Testing

/// The filters against SciPy, Pillow and colorsys; see `Fixtures/filters.py`.
struct FilterTests {
  struct Fixtures: Decodable {
    let gaussian: [GaussianCase]
    let box: [BoxCase]
    let correlation: [CorrelationCase]
    let hsv: [ColorCase]

    static func read() throws -> Fixtures {
      try JSONDecoder().decode(Fixtures.self, from: Data(contentsOf: fixture("filters.json")))
    }
  }

  struct GaussianCase: Decodable {
    let height: Int
    let width: Int
    let channels: Int
    let sigma: Double
    let truncation: Double
    let border: String
    let input: [Double]
    let output: [Double]
  }

  struct CorrelationCase: Decodable {
    let height: Int
    let width: Int
    let channels: Int
    let border: String
    let kernel: [[Double]]
    let input: [Double]
    let output: [Double]
  }

  struct BoxCase: Decodable {
    let height: Int
    let width: Int
    let newHeight: Int
    let newWidth: Int
    let input: [UInt8]
    let output: [UInt8]
  }

  struct ColorCase: Decodable {
    let rgb: [Double]
    let hsv: [Double]
  }

  @Test func `gaussian filter`() throws {
    for fixture in try Fixtures.read().gaussian {
      let filter = GaussianFilter(
        sigma: fixture.sigma, truncation: fixture.truncation,
        border: fixture.border == "reflect" ? .reflect : .nearest)
      let raster = Raster(
        height: fixture.height, width: fixture.width, channels: fixture.channels,
        values: fixture.input)
      // At most 17 products of numbers below 1, twice, each rounded once.
      expectClose(filter(raster).values, fixture.output, absolute: 34 * 0x1p-53)
    }
  }

  @Test func `correlation`() throws {
    for fixture in try Fixtures.read().correlation {
      let raster = Raster(
        height: fixture.height, width: fixture.width, channels: fixture.channels,
        values: fixture.input)
      let result = Kernel(fixture.kernel)
        .correlated(with: raster, border: fixture.border == "mirror" ? .mirror : .nearest)
      // At most 49 products of numbers below 1 in another order, sums below 49.
      expectClose(result.values, fixture.output, absolute: 49 * 49 * 0x1p-53)
    }
  }

  @Test func `a center on the edge of two boxes belongs to the first one`() {
    let image = Image(height: 1, width: 3, pixels: [0, 0, 0, 100, 100, 100, 200, 200, 200])
    // The middle pixel's center, 1.5, is where the boxes of 1.5 pixels meet.
    #expect(image.boxResampled(height: 1, width: 2).pixels == [50, 50, 50, 200, 200, 200])
  }

  @Test func `box resampling`() throws {
    for fixture in try Fixtures.read().box {
      let image = Image(height: fixture.height, width: fixture.width, pixels: fixture.input)
      let result = image.boxResampled(height: fixture.newHeight, width: fixture.newWidth)
      #expect(result.pixels == fixture.output)
    }
  }

  @Test func `hue, saturation and value and back`() throws {
    for fixture in try Fixtures.read().hsv {
      let (red, green, blue) = (fixture.rgb[0], fixture.rgb[1], fixture.rgb[2])
      let color = HSV(red: red, green: green, blue: blue)
      // A handful of operations on numbers below 6, each rounded once.
      let bound = 6 * 4 * 0x1p-53
      expectClose([color.hue, color.saturation, color.value], fixture.hsv, absolute: bound)
      let back = color.rgb
      expectClose([back.red, back.green, back.blue], fixture.rgb, absolute: bound)
    }
  }

  @Test(arguments: [
    (0.25, [0.99933, 0.000335]), (0.5, [0.786571, 0.106451, 0.000264]),
    (1.25, [0.319156, 0.231755, 0.088737, 0.017916, 0.001907, 0.000107]), (0.1, [1]),
  ])
  func `weights of the gaussian from the center outward`(sigma: Double, expected: [Double]) {
    // The table has six digits after the point.
    expectClose(GaussianFilter(sigma: sigma).weights, expected, absolute: 0.5e-6)
  }
}

struct BorderTests {
  /// A row `abcd` continued by six pixels on either side.
  @Test(arguments: [
    (Border.nearest, "aaaaaa" + "abcd" + "dddddd"),
    (Border.reflect, "cddcba" + "abcd" + "dcbaab"),
    (Border.mirror, "abcdcb" + "abcd" + "cbabcd"),
  ])
  func `pixels beyond the ends`(border: Border, expected: String) {
    let row = Array("abcd")
    #expect(String((-6..<10).map { row[border.index($0, in: 4)] }) == expected)
    #expect((-6..<10).allSatisfy { border.index($0, in: 1) == 0 })
  }
}
