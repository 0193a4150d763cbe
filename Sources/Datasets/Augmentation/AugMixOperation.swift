import Foundation
import Images

/// An operation of AugMix, with the results of Pillow's operation of the same name.
package enum AugMixOperation: String, CaseIterable, Sendable {
  case identity, equalize, posterize, rotate, solarize, shearX, shearY, translateX, translateY
  case invert

  /// The severity, 3 of 30.
  static let severity = 3 / 30.0

  /// The operation's strength at the fixed severity: bits, degrees, a threshold, a slope, or a
  /// share of the side.
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

  /// The result of the operation; where it has a direction, `isNegative` mirrors it.
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

  /// The image in which each channel's values are spread evenly.
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

  /// The image turned anticlockwise around its center.
  fileprivate func rotated(byDegrees degrees: Double) -> Image {
    let angle = -degrees * .pi / 180
    let (cosine, sine) = (cos(angle), sin(angle))
    let (x, y) = (Double(width) / 2, Double(height) / 2)
    return transformed(
      Affine(
        xFromX: cosine, xFromY: sine, x: x - cosine * x - sine * y, yFromX: -sine, yFromY: cosine,
        y: y + sine * x - cosine * y))
  }

  /// Takes each pixel from where `affine` says, black where that is outside.
  ///
  /// Nearest neighbor in steps of 16.16 fixed point, as Pillow does it.
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

/// Where a pixel comes from: x' = xFromX·x + xFromY·y + x₀, y' likewise.
private struct Affine {
  var xFromX = 1.0
  var xFromY = 0.0
  var x = 0.0
  var yFromX = 0.0
  var yFromY = 1.0
  var y = 0.0
}
