import Formats
import Foundation
import TextTables

/// A file of predictions or labels, opened.
struct GivenFile {
  enum Numbers {
    case table(NumberTable)
    case array(NumPyArray)
  }

  let url: URL
  let content: NumberTable.Content
  var numbers: Numbers
  /// The name of the array that was taken from an archive.
  let arrayName: String?

  static let textExtensions: Set = ["csv", "tsv", "txt", "dat"]
  static let arrayExtensions: Set = ["npy", "npz"]

  /// Opens the file at `url` of predictions or labels.
  ///
  /// - Throws: `TextTableError`, `PredictionChoiceError`, `NumPyError`, `ZipError`, `FileFormError` or
  ///   `FileError`.
  init(_ url: URL, of content: NumberTable.Content, _ reader: PredictionReader) throws {
    (self.url, self.content) = (url, content)
    switch url.pathExtension.lowercased() {
    case let text where Self.textExtensions.contains(text):
      var options = reader.tables
      // Names above predictions say nothing of labels: their number tells.
      if content == .labels, options.hasHeader == true { options.hasHeader = nil }
      numbers = .table(try NumberTable(contentsOf: url, of: content, options))
      arrayName = nil
    case "npy":
      numbers = .array(try Self.naming(content, url) { try NumPyArray(contentsOf: url) })
      arrayName = nil
    case "npz":
      let archive = try NumPyArchive(contentsOf: url)
      let name = try Self.name(in: archive.names, url, of: content, reader)
      numbers = .array(try Self.naming(content, url) { try archive.array(name) })
      arrayName = name
    default:
      // A pipe has no name that tells, and cannot be read in any case.
      _ = try RegularFile(url)
      throw PredictionChoiceError(file: url.path, problem: .unknownForm)
    }
  }

  private static func name(
    in found: [String], _ url: URL, of content: NumberTable.Content, _ reader: PredictionReader
  ) throws -> String {
    let isLabels = content == .labels
    let option = isLabels ? "--label-array" : "--array"
    if let name = isLabels ? reader.labelArray : reader.array {
      guard found.contains(name) else {
        throw PredictionChoiceError(
          file: url.path, problem: .noSuchArray(name, option: option, found: found))
      }
      return name
    }
    let names = ArrayNames(names: found)
    guard
      let name = isLabels
        ? names.labels : names.predictions(areProbabilities: reader.areProbabilities)
    else {
      throw PredictionChoiceError(
        file: url.path,
        problem: .arrays(of: isLabels ? "labels" : "predictions", option: option, found: found))
    }
    return name
  }

  /// Runs `read`; labels that are no numbers are named as such.
  private static func naming(
    _ content: NumberTable.Content, _ url: URL, _ read: () throws -> NumPyArray
  ) throws -> NumPyArray {
    do {
      return try read()
    } catch let error as NumPyError {
      guard content == .labels, case .unsupportedType(let descr) = error.problem else {
        throw error
      }
      throw PredictionChoiceError(file: error.file, problem: .notNumbers(descr: descr))
    }
  }

  /// The shape of the numbers; of a table [rows, columns], without a first line that may be names.
  var shape: [Int] {
    switch numbers {
    case .table(let table): [table.rowCount, table.columnCount]
    case .array(let array): array.shape
    }
  }

  var table: NumberTable? {
    if case .table(let table) = numbers { table } else { nil }
  }

  /// All numbers in row-major order, in Float64.
  func values() throws -> [Double] {
    switch numbers {
    case .table(let table): table.values
    case .array(let array): try array.nearestNumbers()
    }
  }

  /// What a user should know of whole numbers that are rounded, or that are the bits of others.
  ///
  /// - Throws: `NumPyError`.
  func wholeNumberRemarks() throws -> [String] {
    switch numbers {
    case .table(let table): table.hasRoundedNumbers ? [Self.rounded] : []
    case .array(let array):
      [try array.hasRoundedNumbers() ? Self.rounded : nil, try array.remarkOnBits()]
        .compactMap(\.self)
    }
  }

  private static let rounded =
    "whole numbers of 2^53 and more are rounded to Float64; if their last digits count, subtract the "
    + "same number from each row first"
}
