import Formats
import Foundation
import Runs

/// Numbers in a text file: as many on each line, separated by commas, semicolons, tabs or spaces.
struct NumberTable {
  let rowCount: Int
  let columnCount: Int
  let values: [Float]  // [rows, columns]

  private static let maximumFileSize = 1 << 32

  /// Reads the file at `url`; its first line may hold names, and empty lines are passed over.
  ///
  /// - Throws: `PredictionFileError` naming the line, or `FileError`.
  init(contentsOf url: URL) throws {
    let bytes = try FileContents.read(url, limit: Self.maximumFileSize)
    var (values, columns, rows): ([Float], Int?, Int) = ([], nil, 0)
    var (index, start) = (-1, 0)
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 10) ?? bytes.count
      let fields = bytes[start..<end].split { [32, 9, 44, 59, 13].contains($0) }
      (index, start) = (index + 1, end + 1)
      if fields.isEmpty { continue }
      func wrong(_ expected: String, _ found: String) -> PredictionFileError {
        PredictionFileError(
          file: url.path, problem: .wrongLine(index + 1, expected: expected, found: found))
      }
      let numbers = fields.map { Double(String(decoding: $0, as: UTF8.self)) }
      if index == 0, numbers.allSatisfy({ $0 == nil }) { continue }
      if let column = numbers.firstIndex(of: nil) {
        let text = String(decoding: fields[column].prefix(40), as: UTF8.self)
        throw wrong("a number in column \(column + 1)", "\"\(text)\"")
      }
      let expected = columns ?? fields.count
      guard fields.count == expected else { throw wrong("\(expected) numbers", "\(fields.count)") }
      columns = expected
      rows += 1
      values += numbers.map { Float($0 ?? 0) }
    }
    guard let columns else { throw PredictionFileError(file: url.path, problem: .empty) }
    (rowCount, columnCount, self.values) = (rows, columns, values)
  }
}
