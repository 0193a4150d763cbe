import Formats
import Foundation

/// What one of CIFAR's pickled dictionaries holds, as it was published or as other programs pickle it.
struct CIFARPickle {
  /// The class of each image.
  let labels: [Int]  // [N]
  /// The planes of all images.
  let bytes: [UInt8]  // [N, 3, 32, 32]

  private let url: URL
  private let labelKey: String

  /// Reads the file at `url`, whose classes must be below `classCount`.
  ///
  /// - Throws: `DatasetError`, `FileError`, `PickleError`, `ClassIndexError` or `NumPyError` naming the
  ///   file and the byte or key.
  init(_ url: URL, labelKey: String, classCount: Int) throws {
    let byteCount = try RegularFile(url).byteCount
    guard byteCount <= CIFARFile.maximumSize else {
      throw FileError.tooLarge(url, limit: CIFARFile.maximumSize, found: byteCount)
    }
    let pickle = try PickleReader.value(contentsOf: url)
    guard let data = pickle["data"], let labels = pickle[labelKey] else {
      let keys = (pickle.items ?? []).prefix(10).compactMap { $0.key.text?.prefix(40) }
      throw DatasetError.malformed(
        url, at: nil, expected: "a dictionary with data and \(labelKey)",
        found: pickle.items == nil ? "no dictionary" : "the keys \(keys.joined(separator: ", "))")
    }
    (self.url, self.labelKey) = (url, labelKey)
    let images = try NumPyArray(pickled: data, file: "\(url.path): data")
    self.labels = try Self.labels(
      LabelList(labels, url, labelKey), rowCount: images.shape.first ?? 0, classCount: classCount)
    let shape = [self.labels.count, CIFARForm.imageSize]
    guard images.elementType == .uint8, images.shape == shape else {
      throw DatasetError.malformed(
        url, at: "data", expected: "bytes of shape \(shape), one row for each label",
        found: "\(images.elementType.rawValue) of shape \(images.shape)")
    }
    bytes = try images.bytes()
  }

  private static func labels(
    _ list: LabelList, rowCount: Int, classCount: Int
  ) throws -> [Int] {
    let (url, key) = (list.url, list.key)
    let found = try list.classIndices(rowCount: rowCount)
    guard !found.values.isEmpty else {
      throw DatasetError.malformed(url, at: key, expected: "classes", found: "none")
    }
    if let count = found.oneHotClassCount, count != classCount {
      throw DatasetError.malformed(
        url, at: key, expected: "one-hot rows of \(classCount) classes", found: "rows of \(count)")
    }
    for (index, number) in found.values.enumerated() where !(0..<classCount).contains(number) {
      throw DatasetError.labelOutOfRange(
        url, at: "\(key)[\(index)]", classCount: classCount, found: number)
    }
    return found.values
  }
}

/// The pickled labels of one file: a list of numbers of Python or NumPy, of one-hot rows, an array, or a
/// byte for each class.
private struct LabelList {
  let value: PickleValue
  let url: URL
  let key: String

  init(_ value: PickleValue, _ url: URL, _ key: String) {
    (self.value, self.url, self.key) = (value, url, key)
  }

  private var place: String { "\(url.path): \(key)" }

  /// The labels of images of that many rows.
  ///
  /// - Throws: `DatasetError`, `ClassIndexError` or `NumPyError`.
  func classIndices(rowCount: Int) throws -> ClassIndices {
    switch value {
    case .bytes(let bytes):
      return try ClassIndices(
        bytes.map(Double.init), shape: [bytes.count], rowCount: rowCount, file: place)
    case .list(let elements), .tuple(let elements):
      let rows = try elements.enumerated().map { try numbers($1, at: "\(key)[\($0)]") }
      let width = rows.first?.count ?? 1
      if let index = rows.firstIndex(where: { $0.count != width }) {
        throw DatasetError.malformed(
          url, at: "\(key)[\(index)]", expected: "as many numbers as in the first label, \(width)",
          found: "\(rows[index].count)")
      }
      return try ClassIndices(
        rows.flatMap { $0 }, shape: width == 1 ? [rows.count] : [rows.count, width],
        rowCount: rowCount, file: place)
    default:
      guard case .object = value else { throw refusal(of: value, at: key) }
      return try array(value, at: key).classIndices(rowCount: rowCount)
    }
  }

  /// One element of a list: a number, or the numbers of a one-hot row.
  private func numbers(_ element: PickleValue, at position: String) throws -> [Double] {
    switch element {
    case .int(let number): return [Double(number)]
    case .float(let number): return [number]
    case .list(let row), .tuple(let row):
      return try row.enumerated().map { index, value in
        switch value {
        case .int(let number): return Double(number)
        case .float(let number): return number
        default: throw refusal(of: value, at: "\(position)[\(index)]")
        }
      }
    case .object:
      let array = try array(element, at: position)
      return array.elementType.isFloatingPoint
        ? try array.values(of: Double.self) : try array.wholeNumbers().map(Double.init)
    default: throw refusal(of: element, at: position)
    }
  }

  private func array(_ value: PickleValue, at position: String) throws -> NumPyArray {
    do {
      return try NumPyArray(pickled: value, file: "\(url.path): \(position)")
    } catch let error as NumPyError where error.problem == .notAPickledArray {
      throw refusal(of: value, at: position)
    }
  }

  private func refusal(of value: PickleValue, at position: String) -> DatasetError {
    .malformed(
      url, at: position, expected: position == key ? "a list or an array of classes" : "a class",
      found: Self.name(of: value))
  }

  /// What a value is, in words.
  private static func name(of value: PickleValue) -> String {
    switch value {
    case .none: "None"
    case .bool: "a truth value"
    case .int, .largeInteger, .float: "a number"
    case .string, .bytes: value.shortText.map { "the text \"\($0.prefix(40))\"" } ?? "bytes"
    case .surrogates: "text with a lone surrogate"
    case .list, .tuple: "a list"
    case .dictionary: "a dictionary"
    case .global(let name): "the name \(name)"
    case .object(let object): "an object of \(object.callee)"
    case .cycle, .persistent: "a reference"
    case .omitted: "a value beyond the limits"
    }
  }
}
