import Formats
import Foundation
import Scoring

/// A small table of names and numbers, which a figure draws or a page shows.
struct DataTable: Sendable, Equatable {
  struct Column: Sendable, Equatable {
    let name: String
    let style: ValueStyle
  }

  struct Row: Sendable, Equatable {
    let names: [String]
    let numbers: [Double?]
  }

  let nameColumns: [Column]
  let numberColumns: [Column]
  private(set) var rows: [Row] = []

  /// A table without rows, whose columns of names come first.
  init(_ columns: [(name: String, style: ValueStyle)]) {
    let columns = columns.map { Column(name: $0.name, style: $0.style) }
    nameColumns = columns.filter { $0.style == .name }
    numberColumns = columns.filter { $0.style != .name }
  }

  /// Adds a row, with a name and a number for each column; undefined numbers are nil.
  mutating func append(_ names: [String], _ numbers: [Double?]) {
    precondition(
      names.count == nameColumns.count && numbers.count == numberColumns.count,
      "a field for each column")
    rows.append(Row(names: names, numbers: numbers))
  }

  /// The table with every digit.
  var csv: CSVTable {
    var table = CSVTable(header: (nameColumns + numberColumns).map(\.name))
    for row in rows { table.append(row.names + row.numbers.map(CSVTable.field)) }
    return table
  }
}

/// How the numbers of a column are shown to people; files have all digits.
enum ValueStyle: Sendable {
  /// Text.
  case name
  /// A share in 0...1, as a percentage with its sign.
  case share
  /// A share in 0...1, as a percentage whose sign stands in the caption.
  case percent
  /// A number with four decimals.
  case decimal
  /// A whole number.
  case count

  /// A number as people read it.
  func text(_ number: Double) -> String {
    switch self {
    case .share: String(format: "%.2f %%", 100 * number)
    case .percent: String(format: "%.2f", 100 * number)
    case .count: String(format: "%.0f", number)
    case .decimal, .name:
      abs(number) >= 1e5 || (number != 0 && abs(number) < 1e-3)
        ? String(format: "%.2e", number) : String(format: "%.4f", number)
    }
  }
}

/// A metric of cells as figures and pages show it.
struct ShownMetric: Sendable {
  let metric: Metric
  let title: String
  let style: ValueStyle
  let isBetterLarger: Bool

  static let accuracy = ShownMetric(
    metric: .accuracy, title: "accuracy", style: .share, isBetterLarger: true)
  static let negativeLogLikelihood = ShownMetric(
    metric: .negativeLogLikelihood, title: "NLL", style: .decimal, isBetterLarger: false)
  static let calibrationError = ShownMetric(
    metric: .calibrationError, title: "ECE", style: .decimal, isBetterLarger: false)

  static let overconfidence = ShownMetric(
    metric: .overconfidence, title: "overconfidence", style: .share, isBetterLarger: false)
  static let misclassificationAUROC = ShownMetric(
    metric: .misclassificationAUROC, title: "AUROC", style: .decimal, isBetterLarger: true)

  /// The metrics that curves show.
  static let headline = [accuracy, negativeLogLikelihood, calibrationError]
  /// The metrics that a page and an evaluation show first.
  static let overview = headline + [overconfidence, misclassificationAUROC]

  /// The name in the columns of files.
  var name: String { metric.name }

  /// The title with a capital letter.
  var heading: String { title.prefix(1).uppercased() + title.dropFirst() }

  /// A value in the few characters that a square of a map has room for.
  func short(_ value: Double) -> String {
    style == .share
      ? String(format: "%.1f", 100 * value)
      : String(format: value < 9.995 ? "%.2f" : "%.0f", value)
  }
}
