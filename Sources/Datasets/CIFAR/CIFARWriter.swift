import Formats
import Foundation

/// Writes 32×32 images in the files of CIFAR-10's binary form.
package enum CIFARWriter {
  /// The most classes that a label byte can name.
  static let maximumClassCount = 256
  static let trainFileCount = 5

  /// Writes `data_batch_1.bin` to `data_batch_5.bin`, as even as possible, `test_batch.bin` and
  /// `batches.meta.txt` into `folder`, which is made where missing.
  ///
  /// Each of `classNames` becomes a line of `batches.meta.txt`.
  ///
  /// - Throws: `DatasetError` for images that do not fit the form, `FileError` if writing fails.
  package static func write(
    train: some Dataset, test: some Dataset, classNames: [String], to folder: URL
  ) throws {
    try require(train, trainFileCount)
    try require(test, 1)
    try FolderCreation.create(folder)
    for file in 0..<trainFileCount {
      let range =
        train.count * file / trainFileCount..<train.count * (file + 1) / trainFileCount
      let url = folder.appendingPathComponent("data_batch_\(file + 1).bin")
      try AtomicFile.write(records(range, of: train), to: url)
    }
    try AtomicFile.write(
      records(0..<test.count, of: test), to: folder.appendingPathComponent("test_batch.bin"))
    let names = classNames.map { $0 + "\n" }.joined()
    try AtomicFile.write(names, to: folder.appendingPathComponent("batches.meta.txt"))
  }

  private static func require(_ dataset: some Dataset, _ imageCount: Int) throws {
    guard dataset.classCount <= maximumClassCount else {
      throw DatasetError.tooManyClasses(
        dataset: dataset.name, expected: maximumClassCount, found: dataset.classCount)
    }
    guard dataset.count >= imageCount else {
      throw DatasetError.tooFewImages(
        dataset: dataset.name, purpose: "CIFAR's binary form", expected: imageCount,
        found: dataset.count)
    }
  }

  private static func records(_ range: Range<Int>, of dataset: some Dataset) throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count * (1 + 3 * CIFARForm.planeSize))
    for index in range {
      let image = try dataset.checkedImage(at: index)
      guard image.height == CIFARForm.imageSide else {
        throw DatasetError.wrongImageSize(
          dataset: dataset.name, index: index, expected: CIFARForm.imageSide,
          height: image.height, width: image.width)
      }
      bytes.append(UInt8(truncatingIfNeeded: dataset.labels[index]))
      bytes += image.planes
    }
    return bytes
  }
}
