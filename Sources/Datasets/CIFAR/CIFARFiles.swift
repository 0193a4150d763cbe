import Formats
import Foundation
import Images
import Loading

/// The images and classes of one of CIFAR's files, held in memory undecoded.
struct CIFARFile: Sendable {
  let labels: [Int]
  private let bytes: [UInt8]
  /// The bytes from the start of one image to that of the next.
  private let recordSize: Int
  /// The byte offset of the first image.
  private let start: Int

  /// The largest file that is read, in bytes; CIFAR-100's is 154 million.
  static let maximumSize = 1 << 30

  /// Reads the file at `url`, whose classes must be below `classCount`.
  ///
  /// - Throws: `DatasetError`, `FileError`, `PickleError` or `NumPyError` naming the file and the
  ///   byte or key, or `FileFormError` for what is recognizably something else.
  init(_ url: URL, _ encoding: CIFARForm.Encoding, classCount: Int) throws {
    self =
      switch encoding {
      case .binary(let labelSize):
        try FileForm.naming(url, expecting: .init("the records of CIFAR's binary form", [.empty])) {
          try CIFARFile(binary: url, labelSize: labelSize, classCount: classCount)
        }
      case .python(let labelKey):
        try FileForm.naming(url, expecting: .init("a pickle of CIFAR's Python form", [.pickle])) {
          try CIFARFile(python: url, labelKey: labelKey, classCount: classCount)
        }
      }
  }

  func image(at index: Int) -> Image {
    let offset = start + index * recordSize
    return Image(
      planes: bytes[offset..<offset + CIFARForm.imageSize], height: CIFARForm.imageSide,
      width: CIFARForm.imageSide)
  }

  // MARK: Records

  private init(binary url: URL, labelSize: Int, classCount: Int) throws {
    bytes = try FileContents.read(url, limit: Self.maximumSize)
    recordSize = labelSize + CIFARForm.imageSize
    start = labelSize
    guard !bytes.isEmpty else { throw DatasetError.noRecords(url, recordSize: recordSize) }
    let rest = bytes.count % recordSize
    guard rest == 0 else {
      throw DatasetError.partialRecord(
        url, offset: bytes.count - rest, expected: recordSize, found: rest)
    }
    var labels: [Int] = []
    for offset in stride(from: labelSize - 1, to: bytes.count, by: recordSize) {
      let label = Int(bytes[offset])
      guard label < classCount else {
        throw DatasetError.labelOutOfRange(
          url, at: "byte \(offset)", classCount: classCount, found: label)
      }
      labels.append(label)
    }
    self.labels = labels
  }

  private init(python url: URL, labelKey: String, classCount: Int) throws {
    let pickle = try CIFARPickle(url, labelKey: labelKey, classCount: classCount)
    (labels, bytes) = (pickle.labels, pickle.bytes)
    recordSize = CIFARForm.imageSize
    start = 0
  }
}

/// CIFAR's files, or others of their form, held in memory undecoded.
struct CIFARDataset: Dataset {
  let name: String
  let classCount: Int
  let labels: [Int]
  var imageSide: Int { CIFARForm.imageSide }

  private let files: [(firstIndex: Int, file: CIFARFile)]

  /// Reads files whose classes are below `classCount`.
  ///
  /// - Throws: `DatasetError`, `FileError`, `PickleError` or `NumPyError` naming the file.
  init(
    name: String, classCount: Int, _ urls: [URL], _ encoding: CIFARForm.Encoding
  ) throws {
    var labels: [Int] = []
    var files: [(firstIndex: Int, file: CIFARFile)] = []
    for url in urls {
      let file = try CIFARFile(url, encoding, classCount: classCount)
      files.append((labels.count, file))
      labels += file.labels
    }
    self.files = files
    self.labels = labels
    self.name = name
    self.classCount = classCount
  }

  func image(at index: Int) -> Image {
    let (firstIndex, file) = files.last { $0.firstIndex <= index } ?? files[0]
    return file.image(at: index - firstIndex)
  }
}

/// Writes 32×32 images in the files of CIFAR-10's binary form.
package enum CIFARWriter {
  /// The number of classes that a label byte can distinguish.
  static let maximumClassCount = 256
  static let trainFileCount = 5

  /// Writes `data_batch_1.bin` to `data_batch_5.bin`, of about equal sizes, `test_batch.bin` and
  /// `batches.meta.txt` into `folder`, which is created if it is missing.
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
      throw LoadingError.tooFewImages(
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
        throw LoadingError.wrongImageSize(
          dataset: dataset.name, index: index, expected: CIFARForm.imageSide,
          height: image.height, width: image.width)
      }
      bytes.append(UInt8(truncatingIfNeeded: dataset.labels[index]))
      bytes += image.planes
    }
    return bytes
  }
}
