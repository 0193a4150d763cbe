import Formats
import Images
import Tensors

/// The effect of writing the image as a baseline JPEG file with 4:2:0 color and reading it again.
///
/// Entropy coding is left out, because it is lossless.
struct JPEGCompression: Distortion {
  /// The library to reproduce; the libraries differ in how they halve the size of the color planes.
  enum Codec: String, CaseIterable {
    case ijg, turbo
  }

  let codec: Codec
  private let lumaTable: QuantizationTable
  private let chromaTable: QuantizationTable

  enum Keys: String, CodingKey, CaseIterable { case quality, codec }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    let quality: Int = try row.decode(.quality, in: 1...100)
    codec = try row.decodeCase(Codec.self, .codec)
    lumaTable = QuantizationTable(QuantizationTable.luma, quality: quality)
    chromaTable = QuantizationTable(QuantizationTable.chroma, quality: quality)
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    let (luma, blue, red) = image.planes()
    return Image(
      luma: luma.coded(lumaTable), blue: codedChroma(blue), red: codedChroma(red))
  }

  private func codedChroma(_ plane: Plane) -> Plane {
    switch codec {
    case .ijg: plane.codedInLargeBlocks(chromaTable)
    case .turbo: plane.codedAtHalfSize(chromaTable)
    }
  }
}

/// The quantization steps of the coefficients of an 8×8 block.
struct QuantizationTable: Sendable {
  let steps: [SIMD8<Int32>]  // [8, 8]

  /// The example tables of ITU-T T.81, annex K, scaled to a quality as libjpeg does.
  init(_ base: [SIMD8<Int32>], quality: Int) {
    let scale = Int32(quality < 50 ? 5000 / quality : 200 - 2 * quality)
    steps = base.map { row in
      let scaled = (row &* scale &+ 50) / 100
      return scaled.clamped(lowerBound: .one, upperBound: SIMD8(repeating: 255))
    }
  }

  static let luma: [SIMD8<Int32>] = [
    [16, 11, 10, 16, 24, 40, 51, 61],
    [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77],
    [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101],
    [72, 92, 95, 98, 112, 100, 103, 99],
  ]

  static let chroma: [SIMD8<Int32>] = [
    [17, 18, 24, 47, 99, 99, 99, 99],
    [18, 21, 26, 66, 99, 99, 99, 99],
    [24, 26, 56, 99, 99, 99, 99, 99],
    [47, 66, 99, 99, 99, 99, 99, 99],
    [99, 99, 99, 99, 99, 99, 99, 99],
    [99, 99, 99, 99, 99, 99, 99, 99],
    [99, 99, 99, 99, 99, 99, 99, 99],
    [99, 99, 99, 99, 99, 99, 99, 99],
  ]
}

/// A component of an image in JPEG: luma or one of the two color differences, from 0 to 255.
struct Plane {
  let height: Int
  let width: Int
  var levels: [Int32]  // [height, width]

  init(height: Int, width: Int) {
    (self.height, self.width) = (height, width)
    levels = [Int32](repeating: 0, count: height * width)
  }

  /// The upper left `height` × `width` levels; beyond the plane its last row and column are repeated.
  func resized(height: Int, width: Int) -> Plane {
    guard (height, width) != (self.height, self.width) else { return self }
    var result = Plane(height: height, width: width)
    for row in 0..<height {
      let start = min(row, self.height - 1) * self.width
      for column in 0..<width {
        result.levels[row * width + column] = levels[start + min(column, self.width - 1)]
      }
    }
    return result
  }

  /// The plane after quantization of its 8×8 blocks, to which it is extended by its last row and
  /// column.
  func coded(_ table: QuantizationTable) -> Plane {
    resized(height: height.roundedUp(to: 8), width: width.roundedUp(to: 8)).blocksCoded(table)
      .resized(height: height, width: width)
  }

  /// The plane, of whole 8×8 blocks, after their quantization.
  private func blocksCoded(_ table: QuantizationTable) -> Plane {
    var result = self
    for top in stride(from: 0, to: height, by: 8) {
      for left in stride(from: 0, to: width, by: 8) {
        let block = (0..<8).map { row in
          let start = (top + row) * width + left
          return SIMD8(levels[start..<start + 8]) &- 128
        }
        let coefficients = zip(CosineTransform.forward(block), table.steps).map(Self.quantized)
        let decoded = CosineTransform.inverse(coefficients)
        for row in 0..<8 {
          for column in 0..<8 {
            result.levels[(top + row) * width + left + column] = Self.clamped(
              decoded[row][column] + 128)
          }
        }
      }
    }
    return result
  }

  /// Coefficients, given as eight times their values, rounded to the nearest step; halves are
  /// rounded away from 0.
  private static func quantized(
    _ row: SIMD8<Int32>, _ steps: SIMD8<Int32>
  ) -> SIMD8<Int32> {
    let size = row.replacing(with: 0 &- row, where: row .< 0)
    let rounded = (size &+ 4 &* steps) / (8 &* steps) &* steps
    return rounded.replacing(with: 0 &- rounded, where: row .< 0)
  }

  static func clamped(_ level: Int32) -> Int32 { min(max(level, 0), 255) }
}

extension Int {
  /// The smallest multiple of `step` that is not below the number.
  func roundedUp(to step: Int) -> Int { (self + step - 1) / step * step }
}

extension Image {
  /// The luma and color differences of an image (ITU-T T.871), computed in units of 2⁻¹⁶.
  func planes() -> (luma: Plane, blue: Plane, red: Plane) {
    let plane = Plane(height: height, width: width)
    var (luma, blue, red) = (plane, plane, plane)
    for index in luma.levels.indices {
      let (r, g, b) = (
        Int32(pixels[3 * index]), Int32(pixels[3 * index + 1]), Int32(pixels[3 * index + 2])
      )
      luma.levels[index] = (19595 * r + 38470 * g + 7471 * b + 32768) >> 16
      blue.levels[index] = (-11059 * r - 21709 * g + 32768 * b + 8_421_375) >> 16
      red.levels[index] = (32768 * r - 27439 * g - 5329 * b + 8_421_375) >> 16
    }
    return (luma, blue, red)
  }

  init(luma: Plane, blue: Plane, red: Plane) {
    var pixels = [UInt8](repeating: 0, count: 3 * luma.levels.count)
    for index in luma.levels.indices {
      let level = luma.levels[index]
      let (b, r) = (blue.levels[index] - 128, red.levels[index] - 128)
      let color = SIMD3(
        (91881 * r + 32768) >> 16, (-22554 * b - 46802 * r + 32768) >> 16,
        (116_130 * b + 32768) >> 16)
      for channel in 0..<3 {
        pixels[3 * index + channel] = UInt8(Plane.clamped(level + color[channel]))
      }
    }
    self.init(height: luma.height, width: luma.width, pixels: pixels)
  }
}
