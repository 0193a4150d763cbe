import Formats
import Foundation
import Images
import Tensors

/// Averages over a disk whose edge is smoothed by a Gaussian.
package struct DefocusBlur: Distortion {
  private let disk: Kernel

  enum Keys: String, CodingKey, CaseIterable {
    case radius
    case edgeSigma = "edge_sigma"
  }

  package init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    disk = Self.disk(
      radius: try row.decode(.radius, in: 0...100),
      edgeSigma: try row.decode(.edgeSigma, in: 0.01...8))
  }

  package func distort(_ image: Image, random: inout some RandomSource) -> Image {
    Image(unit: disk.correlated(with: Raster(image)))
  }

  /// The disk of pixels within `radius` of the center, of sum 1, blurred along rows and columns in
  /// single precision, as OpenCV does it: [17, 17], or as wide as a disk of a radius above 8.
  ///
  /// A disk that reaches the border of its grid is mirrored there by the blur and gets a sum above
  /// 1, as in the published code: such severities brighten the image.
  package static func disk(radius: Double, edgeSigma: Double) -> Kernel {
    let reach = max(8, Int(radius.rounded(.up)))
    let axis = (-reach...reach).map(Double.init)
    var disk = axis.map { y in axis.map { x in Float(x * x + y * y <= radius * radius ? 1 : 0) } }
    let count = disk.joined().reduce(0, +)
    let weights = edgeWeights(count: radius > 8 ? 3 : 2, sigma: edgeSigma)
    func smooth(_ line: [Float]) -> [Float] {
      line.indices.map { index in
        weights.indices.dropFirst().reduce(line[index] * weights[0]) { sum, distance in
          let before = line[Border.mirror.index(index - distance, in: line.count)]
          let after = line[Border.mirror.index(index + distance, in: line.count)]
          return sum + (before + after) * weights[distance]
        }
      }
    }
    func transpose(_ rows: [[Float]]) -> [[Float]] {
      rows.indices.map { column in rows.map { $0[column] } }
    }
    disk = disk.map { smooth($0.map { $0 / count }) }
    disk = transpose(transpose(disk).map(smooth))
    return Kernel(disk.map { $0.map(Double.init) })
  }

  /// `count` weights of a Gaussian from the center outward, of which those of both sides sum to 1.
  private static func edgeWeights(count: Int, sigma: Double) -> [Float] {
    let densities = (0..<count).map { distance -> Double in
      let power: Double = -0.5 * Double(distance * distance) / (sigma * sigma)
      return Double(Float(exp(power)))
    }
    let total = 1 / (densities[0] + 2 * densities[1...].reduce(0, +))
    return densities.map { Float($0 * total) }
  }
}

/// Convolves with a Gaussian.
struct GaussianBlur: Distortion {
  private let blur: GaussianFilter

  enum Keys: String, CodingKey, CaseIterable { case sigma }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    blur = GaussianFilter(sigma: try row.decode(.sigma, in: 0...100))
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    Image(unit: blur(Raster(image)))
  }
}

/// Replaces pixels by random neighbors, between two Gaussian blurs.
struct GlassBlur: Distortion {
  /// The largest offset of a neighbor upward and to the left; one less downward and to the right.
  let reach: Int
  let iterations: Int
  private let blur: GaussianFilter

  enum Keys: String, CodingKey, CaseIterable { case sigma, reach, iterations }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    blur = GaussianFilter(sigma: try row.decode(.sigma, in: 0...100))
    reach = try row.decode(.reach, in: 1...100)
    iterations = try row.decode(.iterations, in: 0...100)
  }

  func unmetRequirement(height: Int, width: Int) -> String? {
    let limit = 2 * reach + 2
    return min(height, width) >= limit ? nil : "a side of at least \(limit)"
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    var result = Image(unit: blur(Raster(image)))
    for _ in 0..<iterations {
      for row in stride(from: image.height - reach, through: reach + 1, by: -1) {
        for column in stride(from: image.width - reach, through: reach + 1, by: -1) {
          let right = random.integer(in: -reach..<reach)
          let down = random.integer(in: -reach..<reach)
          // The published code means to swap two pixels, but they share memory, so it copies one.
          for channel in 0..<3 {
            result[row, column, channel] = result[row + down, column + right, channel]
          }
        }
      }
    }
    return Image(unit: blur(Raster(result)))
  }
}

/// Averages along a random direction within 45° of the rows.
struct MotionBlur: Distortion {
  let radius: Double
  let sigma: Double

  enum Keys: String, CodingKey, CaseIterable { case radius, sigma }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    radius = try row.decode(.radius, in: 0...100)
    sigma = try row.decode(.sigma, in: 0.01...1000)
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    let filter = MotionFilter(
      radius: radius, sigma: sigma, degrees: random.uniform(-45, 45))
    return Image(levels: filter(Raster(levels: image)))
  }
}

/// Averages the image with enlargements of it, in single precision.
struct ZoomBlur: Distortion {
  /// The factors of the enlargements.
  let factors: [Double]

  enum Keys: String, CodingKey, CaseIterable { case step, count }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    let step: Double = try row.decode(.step, in: 0...1)
    let count: Int = try row.decode(.count, in: 1...1000)
    // The exact step of NumPy's `arange`, because sizes are rounded from the factors.
    factors = (0..<count).map { 1 + Double($0) * ((1 + step) - 1) }
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    var unit = Raster(image)
    unit.transform { Double(Float($0)) }
    var sums = [Float](repeating: 0, count: unit.values.count)
    for factor in factors {
      let zoomed = ClippedZoom(height: image.height, width: image.width, factor: factor)(unit)
      for index in sums.indices { sums[index] += Float(zoomed.values[index]) }
    }
    let count = Float(factors.count + 1)
    var result = image
    for index in sums.indices {
      result.pixels[index] = UInt8(unit: (Float(unit.values[index]) + sums[index]) / count)
    }
    return result
  }
}
