import Formats
import Foundation
import Images
import Loading

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
      images: rows[indices].map { row in
        Image(
          enlargingFourTimes: row[1...].map { $0 - UInt8(ascii: "a") }, side: side,
          maximumValue: maximumValue)
      })
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
}
