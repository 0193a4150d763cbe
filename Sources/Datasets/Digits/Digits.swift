import Formats
import Foundation
import Images

/// The built-in handwritten digits; see `Resources/README.md` for their source and license.
package enum Digits {
  /// The digits as `write` writes them: in CIFAR-10's binary form.
  static let definition = CIFAR(
    name: "digits", classCount: 10,
    // Mean and standard deviation of the training images, to three decimals.
    normalization: Normalization(
      mean: [0.305, 0.305, 0.305], standardDeviation: [0.323, 0.323, 0.323]),
    flips: false, forms: [.cifar10Binary],
    imageCounts: [.train: trainCount, .test: imageCount - trainCount], isBalanced: false,
    classNamesFile: nil, corruptedName: "digits-C")

  static let side = 8
  static let imageCount = 1797
  static let trainCount = 1437
  /// The brightest value; 0 is the background.
  static let maximumValue = 16

  /// The digits enlarged to 32×32: the first 1437 for training, the last 360 for testing.
  package static func read(_ split: DatasetSplit) -> InMemoryDataset {
    let indices = split == .train ? 0..<trainCount : trainCount..<imageCount
    let rows = rows.withUTF8Buffer { text in
      text.split(separator: UInt8(ascii: "\n")).map(Array.init)
    }
    return InMemoryDataset(
      name: definition.name, classCount: definition.classCount,
      imageSide: CIFARForm.imageSide, labels: rows[indices].map { Int($0[0] - UInt8(ascii: "0")) },
      images: rows[indices].map { row in enlarged(row[1...].map { $0 - UInt8(ascii: "a") }) })
  }

  /// Writes the digits as CIFAR-10's binary files into `digits-data` below the folder `data`, with
  /// their attribution.
  ///
  /// - Throws: `FileError` if writing fails.
  package static func write(to data: URL) throws {
    let folder = data.appendingPathComponent("digits-data")
    try CIFARWriter.write(
      train: read(.train), test: read(.test), classNames: (0...9).map(String.init),
      to: folder.appendingPathComponent("cifar-10-batches-bin"))
    try AtomicFile.write(PackageResources.README_md, to: folder.appendingPathComponent("README.md"))
  }

  /// The gray image of `values`, enlarged four times with bilinear interpolation.
  ///
  /// Pixel i samples the coordinate (i + ½) / 4 − ½, clamped to the edge. A value v becomes
  /// 255·v/16, rounded half to even. The weights are multiples of ⅛, so the sum is exact in
  /// integers.
  private static func enlarged(_ values: [UInt8]) -> Image {
    let weights = (0..<CIFARForm.imageSide).map(neighbors)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * CIFARForm.planeSize)
    for row in weights {
      for column in weights {
        var sum = 0
        for (i, rowWeight) in row {
          for (j, columnWeight) in column {
            sum += rowWeight * columnWeight * Int(values[i * side + j])
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
