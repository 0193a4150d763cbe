import Foundation

/// A data set that is not there or is not what its name says.
package enum DatasetError: Error, CustomStringConvertible, Equatable {
  /// None of `places` holds the data set.
  case notFound(dataset: String, places: [URL])
  /// Reading this data set is not possible here.
  case unsupported(dataset: String)
  /// A file of records holds none.
  case noRecords(URL, recordSize: Int)
  /// A file ends within the record that starts at `offset`; sizes in bytes.
  case partialRecord(URL, offset: Int, expected: Int, found: Int)
  /// The byte at `offset` is not a class in 0..<`classCount`.
  case labelOutOfRange(URL, offset: Int, classCount: Int, found: Int)
  /// An image has another size than its data set's.
  case wrongImageSize(dataset: String, index: Int, expected: Int, height: Int, width: Int)
  /// A data set has fewer images than something needs.
  case tooFewImages(dataset: String, purpose: String, expected: Int, found: Int)
  /// A data set has more classes than a format can name.
  case tooManyClasses(dataset: String, expected: Int, found: Int)
  /// A method that cannot mix so many inputs, or none where one is needed.
  case mixingMethod(memberCount: Int, expected: [MixingMethod], found: MixingMethod?)
  /// Masks too small for a method.
  case maskTooSmall(MixingMethod, expected: Int, height: Int, width: Int)

  package var description: String {
    switch self {
    case .notFound(let dataset, let places):
      "\(dataset): no data found; looked in \(places.map(\.path).joined(separator: ", "))"
    case .unsupported(let dataset):
      "\(dataset): reading this data set is not supported"
    case .noRecords(let url, let recordSize):
      "\(url.path): expected records of \(recordSize) bytes, found an empty file"
    case .partialRecord(let url, let offset, let expected, let found):
      "\(url.path): byte \(offset): expected a record of \(expected) bytes, found \(found)"
    case .labelOutOfRange(let url, let offset, let classCount, let found):
      "\(url.path): byte \(offset): expected a label from 0 to \(classCount - 1), found \(found)"
    case .wrongImageSize(let dataset, let index, let expected, let height, let width):
      "\(dataset): image \(index): expected \(expected)×\(expected) pixels, found \(height)×\(width)"
    case .tooFewImages(let dataset, let purpose, let expected, let found):
      "\(dataset): \(purpose) needs at least \(expected) images, found \(found)"
    case .tooManyClasses(let dataset, let expected, let found):
      "\(dataset): expected at most \(expected) classes, found \(found)"
    case .mixingMethod(let memberCount, let expected, let found):
      "mixmo.mix_method: \(memberCount) members need one of "
        + expected.map(\.rawValue).joined(separator: ", ") + "; found \(found?.rawValue ?? "none")"
    case .maskTooSmall(let method, let expected, let height, let width):
      "\(method.rawValue): expected masks of at least \(expected)×\(expected), "
        + "found \(height)×\(width)"
    }
  }
}
