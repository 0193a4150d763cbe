import Formats
import Foundation
import Images

/// The built-in handwritten digits; see `Resources/README.md` for their source and license.
package enum Digits {
  static let side = 8
  static let imageCount = 1797
  static let trainCount = 1437
  /// The brightest value; 0 is the background.
  static let maximumValue = 16

  /// The digits enlarged to 32×32: the first 1437 for training, the last 360 for testing.
  package static func dataset(_ split: DatasetSplit) -> InMemoryDataset {
    let indices = split == .train ? 0..<trainCount : trainCount..<imageCount
    // Both arrays are whole bytes in row-major order, which an .npy file holds after its header.
    let values = Array(PackageResources.images_npy.suffix(imageCount * side * side))
    let labels = PackageResources.labels_npy.suffix(imageCount).map { Int($0) }
    return InMemoryDataset(
      name: DatasetKind.digits.rawValue, classCount: DatasetKind.digits.classCount,
      imageSide: CIFARForm.imageSide, labels: Array(labels[indices]),
      images: indices.map { enlarged(values[$0 * side * side..<($0 + 1) * side * side]) })
  }

  /// Writes the digits as CIFAR-10's binary files into `digits-data` below the folder `data`, with
  /// their attribution.
  ///
  /// - Throws: `FileError` if writing fails.
  package static func write(to data: URL) throws {
    let folder = data.appendingPathComponent("digits-data")
    try CIFARWriter.write(
      train: dataset(.train), test: dataset(.test), classNames: (0...9).map(String.init),
      to: folder.appendingPathComponent("cifar-10-batches-bin"))
    try AtomicFile.write(PackageResources.README_md, to: folder.appendingPathComponent("README.md"))
  }

  /// The gray image of `values`, four times as large.
  ///
  /// Bilinear: pixel i lies at (i + ½) / 4 − ½, outside values are those of the edge. A value v
  /// becomes 255·v/16, rounded half to even. In eighths the weights are whole: the sum is exact.
  private static func enlarged(_ values: ArraySlice<UInt8>) -> Image {
    let weights = (0..<CIFARForm.imageSide).map(neighbors)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * CIFARForm.planeSize)
    for row in weights {
      for column in weights {
        var sum = 0
        for (i, rowWeight) in row {
          for (j, columnWeight) in column {
            sum += rowWeight * columnWeight * Int(values[values.startIndex + i * side + j])
          }
        }
        let gray = Double(255 * sum) / Double(64 * maximumValue)
        let byte = UInt8(gray.rounded(.toNearestOrEven))
        pixels += [byte, byte, byte]
      }
    }
    return Image(height: CIFARForm.imageSide, width: CIFARForm.imageSide, pixels: pixels)
  }

  /// The two source pixels next to an enlarged pixel and their weights in eighths.
  private static func neighbors(of pixel: Int) -> [(index: Int, weight: Int)] {
    let eighths = 2 * pixel + 1 - 4
    let lower = eighths >> 3
    let upperWeight = eighths & 7
    return [(max(lower, 0), 8 - upperWeight), (min(lower + 1, side - 1), upperWeight)]
  }
}
