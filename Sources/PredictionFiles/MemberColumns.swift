// N rows, M members, K classes.

import Formats
import Predictions
import Runs
import TextTables

/// Checks that the columns of members are classes.
extension GivenFile {
  /// - Parameters:
  ///   - predictions: The numbers `[N, M, K]` of this file.
  ///   - labels: The label of each row.
  /// - Throws: `TextTableError` or `PredictionChoiceError` naming a column that is none.
  func check(_ predictions: PredictionArray, beside labels: [Int]) throws {
    for member in 0..<predictions.memberCount {
      // A table was checked when it was read.
      let found = predictions.withColumns(of: member) { columns in
        (table == nil ? columns.finding : nil) ?? columns.finding(beside: labels)
      }
      guard let (column, reason) = found else { continue }
      if let table {
        throw TextTableError(
          file: table.file,
          problem: .notAClass(table.columns[column], reason: reason, isCertain: true))
      }
      throw PredictionChoiceError(
        file: url.path,
        problem: .notAClass(
          column: column, reason: reason, member: predictions.memberCount > 1 ? member : nil))
    }
  }

  /// What a user should know of columns of which the numbers do not tell whether they are classes.
  ///
  /// - Parameters:
  ///   - predictions: The numbers `[N, M, K]` of this file.
  ///   - labels: The label of each row.
  /// - Returns: The remark; nil without any.
  func remarkOnColumns(of predictions: PredictionArray, beside labels: [Int]) -> String? {
    for member in 0..<predictions.memberCount {
      if let doubtful = predictions.withColumns(of: member, \.doubtful) {
        return remark(on: doubtful.column, doubtful.reason)
      }
      let largest = predictions.withColumns(of: member) {
        $0.alwaysLargest(beside: labels)
      }
      if let largest {
        return remark(on: largest, "holds the largest number of every row: it is always predicted")
      }
    }
    return nil
  }

  private func remark(on column: Int, _ reason: String) -> String {
    let named = table?.columns[column]
    let advice = named.map { "leave it out with --drop-column \($0.option)" }
    return "\(named?.description ?? "column \(column)") \(reason); if it is no class, "
      + (advice ?? "save the array without it")
  }
}

extension PredictionArray {
  /// Calls a closure with the columns of a member.
  fileprivate func withColumns<Result>(
    of member: Int, _ body: (ColumnNumbers) throws -> Result
  ) rethrows -> Result {
    try withNumbers { values in
      try body(
        ColumnNumbers(values, columnCount: classCount, member: member, memberCount: memberCount))
    } float64: { values in
      try body(
        ColumnNumbers(values, columnCount: classCount, member: member, memberCount: memberCount))
    }
  }
}
