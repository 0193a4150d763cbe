import Formats
import Foundation

/// A data set that is missing or malformed, or that cannot be used as asked.
package enum DatasetError: Error, CustomStringConvertible, Equatable {
  /// None of `folders` holds the data set.
  case notFound(dataset: String, folders: [URL])
  /// A folder has files or folders of corrupted images under other names than those that are read.
  case misnamed(dataset: String, URL, expected: String, found: [String], advice: String)
  /// A file does not hold what it should; `at` is the line, byte, key or index in it.
  case malformed(URL, at: String?, expected: String, found: String)
  /// A file of records holds none.
  case noRecords(URL, recordSize: Int)
  /// A file ends within the record that starts at `offset`; sizes in bytes.
  case partialRecord(URL, offset: Int, expected: Int, found: Int)
  /// A label is not a class in 0..<`classCount`; `at` is its byte or index in the file.
  case labelOutOfRange(URL, at: String, classCount: Int, found: Int)
  /// An image file has another size than its data set's images.
  case wrongFileSize(URL, expected: Int, height: Int, width: Int)
  /// A folder or list that should have all classes lacks some.
  case missingClasses(URL, expected: Int, found: Int, missing: [String])
  /// There are images beside folders of images, so that it is not clear which are meant.
  case mixedLayout(URL, file: String)
  /// A folder has other folders than those of the classes.
  case unknownClasses(URL, [String])
  /// Images that a list names are not in the folder.
  case missingImages(URL, missing: [String])
  /// A class has another number of images than the clean test set.
  case wrongClassCount(URL, expected: Int, found: Int)
  /// A label is not that of the clean test set.
  case otherLabel(URL, row: Int, expected: Int, found: Int)
  /// None of the corruptions asked for has images below a folder.
  case noCorruptions(dataset: String, URL)
  /// A corruption has two folders in a tree; their paths in it.
  case corruptionTwice(URL, first: String, second: String)
  /// Two images of a class would have the same file name.
  case sameImageName(dataset: String, class: String, name: String)
  /// A folder holds corrupted images of another data set, or made with other settings.
  case otherImages(URL, field: String, expected: String, found: String)
  /// An array file cannot hold a corruption with these severities.
  case severitiesOfArray(URL, found: [Int])
  /// A benchmark has no corruption of this name.
  case unknownCorruption(String, known: [String])
  /// A data set has only test images, for networks that are trained on another one.
  case noTrainingImages(dataset: String, trained: String)
  /// A data set has more classes than a format can hold.
  case tooManyClasses(dataset: String, expected: Int, found: Int)

  package var description: String { message.withoutControlCharacters }

  private var message: String {
    switch self {
    case .notFound(let dataset, let folders):
      "\(dataset): no data found; looked in \(folders.map(\.path).joined(separator: ", "));"
        + " name another folder with --data, or " + Self.advice(on: dataset)
    case .misnamed(let dataset, let url, let expected, let found, let advice):
      "\(dataset): \(url.path): expected \(expected), found \(found.listed()); \(advice)"
    case .malformed(let url, let position, let expected, let found):
      "\(url.path): \(position.map { "\($0): " } ?? "")expected \(expected), found \(found)"
    case .noRecords(let url, let recordSize):
      "\(url.path): expected records of \(recordSize) bytes, found an empty file"
    case .partialRecord(let url, let offset, let expected, let found):
      "\(url.path): byte \(offset): expected a record of \(expected) bytes, found \(found)"
    case .labelOutOfRange(let url, let position, let classCount, let found):
      "\(url.path): \(position): expected a label from 0 to \(classCount - 1), found \(found)"
    case .wrongFileSize(let url, let expected, let height, let width):
      "\(url.path): expected \(expected)×\(expected) pixels, found \(height)×\(width)"
    case .missingClasses(let url, let expected, let found, let missing):
      "\(url.path): expected the \(expected) classes, found \(found); "
        + "missing: \(missing.listed())"
    case .mixedLayout(let url, let file):
      "\(url.path): expected images only in the folders of classes, found \(file) beside them"
    case .unknownClasses(let url, let names):
      "\(url.path): expected only folders of the data set's classes, found \(names.listed())"
    case .missingImages(let url, let missing):
      "\(url.path): expected every annotated image; missing: \(missing.listed())"
    case .wrongClassCount(let url, let expected, let found):
      "\(url.path): expected \(expected) images, as in the clean test set, found \(found)"
    case .otherLabel(let url, let row, let expected, let found):
      "\(url.path): row \(row): expected class \(expected), that of the clean test set, found \(found)"
    case .noCorruptions(let dataset, let url):
      "\(dataset): expected corrupted images below \(url.path), found none of the corruptions and "
        + "severities asked for; make them with --generate, or fetch them with mixmo data download"
    case .corruptionTwice(let url, let first, let second):
      "\(url.path): expected one folder for each corruption, found \(first) and \(second); move one of "
        + "them elsewhere"
    case .sameImageName(let dataset, let name, let image):
      "\(dataset): class \(name) has two images named \(image); write arrays instead (npy)"
    case .otherImages(let url, let field, let expected, let found):
      "\(url.path): the folder's images were made with other settings: \(field): "
        + "expected \(expected), found \(found); remove them, or choose another folder"
    case .severitiesOfArray(let url, let found):
      "\(url.path): an array holds severities 1 to 5, found \(found); write image files instead "
        + "(png, jpeg)"
    case .unknownCorruption(let name, let known):
      "corruption: expected one of \(known.joined(separator: ", ")), found \(name)"
    case .noTrainingImages(let dataset, let trained):
      "\(dataset): has test images alone, found none to train on; train on \(trained), and evaluate "
        + "on \(dataset)"
    case .tooManyClasses(let dataset, let expected, let found):
      "\(dataset): expected at most \(expected) classes, found \(found)"
    }
  }

  /// Where the files of a data set come from.
  private static func advice(on dataset: String) -> String {
    if dataset == Digits.definition.name { return "make it with mixmo demo" }
    if dataset.hasPrefix("imagenet") { return "get it from its authors" }
    return CIFAR101.advice(on: dataset) ?? "fetch it with mixmo data download"
  }
}
