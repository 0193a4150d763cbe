import Foundation
import Images
import Tensors

/// A random blend of an image with the results of three chains of operations on it.
///
/// Hendrycks, Mu, Cubuk, Zoph, Gilmer, Lakshminarayanan 2020, "AugMix: a simple data processing
/// method to improve robustness and uncertainty", with width 3, depth 1 to 3 and severity 3.
package struct AugMix: Sendable {
  /// One chain's operations in order, and whether each has its direction reversed.
  package typealias Chain = [(operation: AugMixOperation, isNegative: Bool)]

  /// The weight of each chain in the blend, from Dirichlet(1, 1, 1).
  package var weights: [Double]  // [3]
  /// The weight of the blended chains against the image itself, from Beta(1, 1).
  package var blendShare: Double
  package var chains: [Chain]

  static let width = 3
  static let maximumDepth = 3

  package init(weights: [Double], blendShare: Double, chains: [Chain]) {
    self.weights = weights
    self.blendShare = blendShare
    self.chains = chains
  }

  /// Draws the chains and their weights.
  package static func draw(from random: inout some RandomSource) -> AugMix {
    let weights = random.dirichlet(Array(repeating: 1, count: width))
    let blendShare = random.nextUniform()
    let chains = (0..<width).map { _ in
      (0..<random.integer(in: 1..<maximumDepth + 1)).map { _ in
        let operation = random.integer(in: 0..<AugMixOperation.allCases.count)
        return (AugMixOperation.allCases[operation], random.bernoulli(0.5))
      }
    }
    return AugMix(weights: weights, blendShare: blendShare, chains: chains)
  }

  /// The normalized blend.
  package func pixels(of image: Image, _ normalization: Normalization) -> [Float] {  // [H, W, 3]
    var blend = normalization.pixels(of: image)
    for index in blend.indices { blend[index] *= Float(1 - blendShare) }
    for (chain, weight) in zip(chains, weights) {
      let result = chain.reduce(image) { $1.operation.apply(to: $0, isNegative: $1.isNegative) }
      let share = Float(blendShare * weight)
      let pixels = normalization.pixels(of: result)
      for index in blend.indices { blend[index] += share * pixels[index] }
    }
    return blend
  }
}

/// An operation of AugMix, which gives the same bytes as Pillow's operation of that name.
package enum AugMixOperation: String, CaseIterable, Sendable {
  case identity, equalize, posterize, rotate, solarize, shearX, shearY, translateX, translateY
  case invert

  /// The severity: level 3 on Pillow's scale of 30.
  static let severity = 3 / 30.0

  /// The operation's strength at the fixed severity: bits, degrees, a threshold, a slope, or a
  /// fraction of the side.
  private var magnitude: Double {
    switch self {
    case .identity, .equalize, .invert: 0
    case .posterize: Self.severity * 4 + 4
    case .rotate: Self.severity * 30
    case .solarize: Self.severity * 256
    case .shearX, .shearY: Self.severity * 0.3
    case .translateX, .translateY: Self.severity * 0.45
    }
  }

  /// The result of the operation; `isNegative` reverses its direction where it has one.
  package func apply(to image: Image, isNegative: Bool) -> Image {
    let signed = isNegative ? -magnitude : magnitude
    switch self {
    case .identity: return image
    case .equalize: return image.equalized()
    case .posterize: return image.map { $0 & ~(0xFF >> UInt8(magnitude)) }
    case .rotate: return image.rotated(byDegrees: signed)
    case .solarize: return image.map { Double($0) < magnitude ? $0 : 255 - $0 }
    case .shearX: return image.transformed(Affine(xFromY: signed))
    case .shearY: return image.transformed(Affine(yFromX: signed))
    case .translateX: return image.transformed(Affine(x: signed * Double(image.width)))
    case .translateY: return image.transformed(Affine(y: signed * Double(image.height)))
    case .invert: return image.map { 255 - $0 }
    }
  }
}

extension Image {
  fileprivate func map(_ transform: (UInt8) -> UInt8) -> Image {
    Image(height: height, width: width, pixels: pixels.map(transform))
  }

  /// The image with each channel's histogram equalized.
  fileprivate func equalized() -> Image {
    var result = self
    for channel in 0..<3 {
      let positions = stride(from: channel, to: pixels.count, by: 3)
      var histogram = [Int](repeating: 0, count: 256)
      for position in positions { histogram[Int(pixels[position])] += 1 }
      let last = histogram.last { $0 > 0 } ?? 0
      let step = (width * height - last) / 255
      guard step > 0 else { continue }
      var sum = step / 2
      let table = histogram.map { count in
        defer { sum += count }
        return UInt8(min(sum / step, 255))
      }
      for position in positions { result.pixels[position] = table[Int(pixels[position])] }
    }
    return result
  }

  /// The image rotated counterclockwise around its center.
  fileprivate func rotated(byDegrees degrees: Double) -> Image {
    let angle = -degrees * .pi / 180
    let (cosine, sine) = (cos(angle), sin(angle))
    let (x, y) = (Double(width) / 2, Double(height) / 2)
    return transformed(
      Affine(
        xFromX: cosine, xFromY: sine, x: x - cosine * x - sine * y, yFromX: -sine, yFromY: cosine,
        y: y + sine * x - cosine * y))
  }

  /// The image whose pixels come from the positions that `affine` gives, black where outside.
  ///
  /// Nearest neighbor in 16.16 fixed point, as in Pillow.
  fileprivate func transformed(_ affine: Affine) -> Image {
    func fixed(_ value: Double) -> Int { Int((value * 65536 + 0.5).rounded(.down)) }
    let (xx, xy, yx, yy) = (
      fixed(affine.xFromX), fixed(affine.xFromY), fixed(affine.yFromX), fixed(affine.yFromY)
    )
    let x = fixed(affine.x + affine.xFromX * 0.5 + affine.xFromY * 0.5)
    let y = fixed(affine.y + affine.yFromX * 0.5 + affine.yFromY * 0.5)
    var result = [UInt8](repeating: 0, count: pixels.count)
    for row in 0..<height {
      for column in 0..<width {
        let sourceColumn = (x + column * xx + row * xy) >> 16
        let sourceRow = (y + column * yx + row * yy) >> 16
        guard sourceColumn >= 0, sourceColumn < width, sourceRow >= 0, sourceRow < height else {
          continue
        }
        let (from, to) = ((sourceRow * width + sourceColumn) * 3, (row * width + column) * 3)
        for channel in 0..<3 { result[to + channel] = pixels[from + channel] }
      }
    }
    return Image(height: height, width: width, pixels: result)
  }
}

/// The source of the pixel (x, y): x' = xFromX·x + xFromY·y + x₀, y' = yFromX·x + yFromY·y + y₀.
private struct Affine {
  var xFromX = 1.0
  var xFromY = 0.0
  var x = 0.0
  var yFromX = 0.0
  var yFromY = 1.0
  var y = 0.0
}
