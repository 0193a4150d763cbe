import Formats
import Foundation
import PredictionFiles
import TestSupport

/// A folder of predictions and labels, and what is read of them.
struct PredictionFolder: ~Copyable {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes a text; its URL.
  func text(_ name: String, _ text: String) throws -> URL {
    try folder.file(name, holding: Array(text.utf8))
  }

  /// Writes an array; its URL.
  func array(_ name: String, _ values: [some NumPyElement], _ shape: [Int]) throws -> URL {
    let url = folder.file(name)
    try NumPyArray.write(values, shape: shape, to: url)
    return url
  }

  /// Reads predictions with the labels of a file.
  func read(
    _ predictions: [URL], _ labels: URL, _ configure: (inout PredictionReader) -> Void = { _ in }
  ) throws -> PredictionReader.Rows {
    var reader = PredictionReader()
    configure(&reader)
    return try reader.read(predictions, labels: labels)
  }

  /// Reads predictions with labels of their own; 0, 1, 0, 1 … by default.
  func read(
    _ predictions: [URL], labels: [Int]? = nil, rowCount: Int,
    _ configure: (inout PredictionReader) -> Void = { _ in }
  ) throws -> PredictionReader.Rows {
    let classes = labels ?? (0..<rowCount).map { $0 % 2 }
    return try read(
      predictions, array("labels-\(rowCount).npy", classes.map(Int64.init), [rowCount]), configure)
  }
}

extension PredictionReader.Rows {
  /// All numbers in row-major order.
  var values: [Double] {
    predictions.withNumbers {
      $0.map { Double($0) }
    } float64: {
      Array($0)
    }
  }
}

/// The message that `body` fails with, without the folder's path.
func message(_ folder: borrowing TemporaryFolder, _ body: () throws -> Void) -> String {
  do {
    try body()
    return "done"
  } catch {
    return "\(error)".replacing(folder.url.path + "/", with: "")
  }
}
