import Formats
import Foundation
import Images

/// The images and classes of one of CIFAR's files, held as they are.
struct CIFARFile: Sendable {
  let labels: [Int]
  private let bytes: [UInt8]
  /// The distance between the beginnings of images.
  private let recordSize: Int
  /// Where the first image begins.
  private let start: Int

  /// The largest file that is read, in bytes; CIFAR-100's is 154 million.
  static let maximumSize = 1 << 30

  /// Reads the file at `url`, whose classes must be below `classCount`.
  ///
  /// - Throws: `DatasetError`, `FileError`, `PickleError` or `NumPyError` naming the file and place.
  init(_ url: URL, _ encoding: CIFARForm.Encoding, classCount: Int) throws {
    switch encoding {
    case .binary(let labelSize):
      try self.init(binary: url, labelSize: labelSize, classCount: classCount)
    case .python(let labelKey):
      try self.init(python: url, labelKey: labelKey, classCount: classCount)
    }
  }

  func image(at index: Int) -> Image {
    let place = start + index * recordSize
    return Image(planes: bytes[place..<place + CIFARForm.imageSize])
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
          url, place: "byte \(offset)", classCount: classCount, found: label)
      }
      labels.append(label)
    }
    self.labels = labels
  }

  // MARK: Pickles

  private init(python url: URL, labelKey: String, classCount: Int) throws {
    let byteCount = try RegularFile(url).byteCount
    guard byteCount <= Self.maximumSize else {
      throw FileError.tooLarge(url, limit: Self.maximumSize, found: byteCount)
    }
    let pickle = try PickleReader.value(contentsOf: url)
    guard let data = pickle["data"], let labels = pickle[labelKey] else {
      let keys = (pickle.items ?? []).prefix(10).compactMap { $0.key.text?.prefix(40) }
      throw DatasetError.malformed(
        url, place: nil, expected: "a dictionary with data and \(labelKey)",
        found: pickle.items == nil ? "no dictionary" : "the keys \(keys.joined(separator: ", "))")
    }
    let images = try NumPyArray(pickled: data, file: "\(url.path): data")
    self.labels = try Self.labels(labels, url, labelKey, classCount: classCount)
    let shape = [self.labels.count, CIFARForm.imageSize]
    guard images.elementType == .uint8, images.shape == shape else {
      throw DatasetError.malformed(
        url, place: "data", expected: "bytes of shape \(shape), one row for each label",
        found: "\(images.elementType.rawValue) of shape \(images.shape)")
    }
    bytes = try images.values()
    recordSize = CIFARForm.imageSize
    start = 0
  }

  /// The classes in a list, or in an array where somebody pickled the file anew.
  private static func labels(
    _ value: PickleValue, _ url: URL, _ key: String, classCount: Int
  ) throws -> [Int] {
    let numbers: [Int]
    if case .list(let elements) = value {
      numbers = try elements.enumerated().map { index, element in
        guard case .int(let number) = element else {
          throw DatasetError.malformed(
            url, place: "\(key)[\(index)]", expected: "a class", found: "no whole number")
        }
        return number
      }
    } else {
      numbers = try NumPyArray(pickled: value, file: "\(url.path): \(key)").values()
    }
    guard !numbers.isEmpty else {
      throw DatasetError.malformed(url, place: key, expected: "classes", found: "none")
    }
    for (index, number) in numbers.enumerated() where !(0..<classCount).contains(number) {
      throw DatasetError.labelOutOfRange(
        url, place: "\(key)[\(index)]", classCount: classCount, found: number)
    }
    return numbers
  }
}

extension Image {
  /// The image of CIFAR's three planes.
  fileprivate init(planes: ArraySlice<UInt8>) {
    let size = CIFARForm.planeSize
    let pixels = [UInt8](unsafeUninitializedCapacity: planes.count) { pixels, count in
      planes.withUnsafeBufferPointer { planes in
        for pixel in 0..<size {
          for channel in 0..<3 { pixels[3 * pixel + channel] = planes[channel * size + pixel] }
        }
      }
      count = planes.count
    }
    self.init(height: CIFARForm.imageSide, width: CIFARForm.imageSide, pixels: pixels)
  }

  /// The image as CIFAR's three planes.
  var planes: [UInt8] {
    (0..<3).flatMap { channel in
      stride(from: channel, to: pixels.count, by: 3).map { pixels[$0] }
    }
  }
}
