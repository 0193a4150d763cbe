import Formats
import Foundation
import Images
import Tensors

/// Blurs with a disk whose edge is smoothed by a Gaussian.
struct DefocusBlur: Distortion {
  private let disk: Kernel

  enum Keys: String, CodingKey, CaseIterable {
    case radius
    case edgeSigma = "edge_sigma"
  }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    disk = Self.disk(
      radius: try row.decode(.radius, in: 0...8),
      edgeSigma: try row.decode(.edgeSigma, in: 0.01...8))
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    Image(unit: disk.correlated(with: Raster(image)))
  }

  /// The pixels within `radius` of the center, then blurred by three weights along rows and columns,
  /// in single precision as OpenCV does it.
  static func disk(radius: Double, edgeSigma: Double) -> Kernel {
    let reach = 8
    let axis = (-reach...reach).map(Double.init)
    var disk = axis.map { y in axis.map { x in Float(x * x + y * y <= radius * radius ? 1 : 0) } }
    let count = disk.joined().reduce(0, +)
    let edge = Float(exp(-0.5 / (edgeSigma * edgeSigma)))
    let total = 1 / (1 + 2 * Double(edge))
    let (side, center) = (Float(Double(edge) * total), Float(total))
    func smooth(_ line: [Float]) -> [Float] {
      line.indices.map { index in
        let before = line[Border.mirror.place(index - 1, in: line.count)]
        let after = line[Border.mirror.place(index + 1, in: line.count)]
        return line[index] * center + (before + after) * side
      }
    }
    func transpose(_ rows: [[Float]]) -> [[Float]] {
      rows.indices.map { column in rows.map { $0[column] } }
    }
    disk = disk.map { smooth($0.map { $0 / count }) }
    disk = transpose(transpose(disk).map(smooth))
    return Kernel(disk.map { $0.map(Double.init) })
  }
}
