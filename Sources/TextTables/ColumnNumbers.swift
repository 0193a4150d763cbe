// N rows, K columns.

/// The numbers of columns, of which some may be no classes.
///
/// Row numbers, labels and the like are whole numbers beside numbers that are not, or are a function of
/// the row or of the other columns: what a class is by chance in less than one of some hundred tables.
package struct ColumnNumbers {
  /// A column that is no class, and the reason for messages.
  package typealias Finding = (column: Int, reason: String)

  private enum Values {
    case float32(UnsafeBufferPointer<Float>)
    case float64(UnsafeBufferPointer<Double>)
  }

  private let values: Values
  private let start: Int
  /// The distance between rows.
  private let stride: Int
  let rowCount: Int
  let columnCount: Int

  /// The columns `[rows, columns]` of one of the members of `values`, `[rows, members, columns]`.
  package init(
    _ values: UnsafeBufferPointer<Float>, columnCount: Int, member: Int = 0, memberCount: Int = 1
  ) {
    self.init(.float32(values), values.count, columnCount, member, memberCount)
  }

  /// The columns `[rows, columns]` of one of the members of `values`, `[rows, members, columns]`.
  package init(
    _ values: UnsafeBufferPointer<Double>, columnCount: Int, member: Int = 0, memberCount: Int = 1
  ) {
    self.init(.float64(values), values.count, columnCount, member, memberCount)
  }

  private init(
    _ values: Values, _ count: Int, _ columnCount: Int, _ member: Int, _ memberCount: Int
  ) {
    self.values = values
    self.columnCount = columnCount
    start = member * columnCount
    stride = memberCount * columnCount
    rowCount = count / stride
  }

  func value(_ row: Int, _ column: Int) -> Double {
    let index = start + row * stride + column
    return switch values {
    case .float32(let values): Double(values[index])
    case .float64(let values): values[index]
    }
  }

  func rows(of column: Int) -> some Sequence<Double> {
    (0..<rowCount).lazy.map { value($0, column) }
  }

  func minimum(_ column: Int) -> Double { rows(of: column).min() ?? 0 }

  func maximum(_ column: Int) -> Double { rows(of: column).max() ?? 0 }

  // MARK: Columns that are no classes

  /// A column that is no class by its numbers.
  package var finding: Finding? {
    guard columnCount > 1, rowCount > 2 else { return nil }
    if rowCount > 3, let column = toweringColumn {
      return (column, "holds numbers far larger than all others")
    }
    if let finding = WholeColumns(self)?.finding { return finding }
    return rowCount < 4
      ? nil
      : largestOfOthers.map {
        ($0, "is the largest of the others in every row, as a confidence is")
      }
  }

  /// A column that is the labels, or the predicted classes, of the rows.
  ///
  /// - Parameter labels: The label of each row.
  /// - Returns: The column; nil without any.
  package func finding(beside labels: [Int]) -> Finding? {
    guard columnCount > 1, rowCount > 3, labels.count == rowCount else { return nil }
    return WholeColumns(self)?.finding(beside: labels)
  }

  /// A column that may be no class, in a table too small to tell.
  package var doubtful: Finding? { columnCount > 1 ? WholeColumns(self)?.doubtful : nil }

  /// A column that is the largest in every row, so that one class is always predicted.
  ///
  /// - Parameter labels: The label of each row.
  /// - Returns: The column; nil without any, or where all labels are the same.
  package func alwaysLargest(beside labels: [Int]) -> Int? {
    guard columnCount > 1, rowCount > 3, labels.contains(where: { $0 != labels[0] }) else {
      return nil
    }
    let largest = largestColumn
    let isAlways = (0..<rowCount).allSatisfy { row in
      let limit = value(row, largest)
      return (0..<columnCount).allSatisfy { $0 == largest || value(row, $0) < limit }
    }
    return isAlways ? largest : nil
  }

  /// The column of the largest number of the first row.
  private var largestColumn: Int {
    (0..<columnCount).max { value(0, $0) < value(0, $1) } ?? 0
  }

  /// A column of another scale than the others in each row, as times are.
  private var toweringColumn: Int? {
    let column = largestColumn
    let isTowering = (0..<rowCount).allSatisfy { row in
      let value = value(row, column)
      return value >= 1000
        && (0..<columnCount).allSatisfy { $0 == column || abs(self.value(row, $0)) < value / 100 }
    }
    return isTowering ? column : nil
  }

  /// A column that is the largest of the others in each row, which are not all the same.
  private var largestOfOthers: Int? {
    guard columnCount > 2 else { return nil }
    var (columns, differ) = (Array(0..<columnCount), false)
    for row in 0..<rowCount {
      let numbers = (0..<columnCount).lazy.map { value(row, $0) }
      guard let largest = numbers.max(), let smallest = numbers.min() else { return nil }
      columns = columns.filter { value(row, $0) == largest }
      // A number that is larger than all others is not theirs.
      guard !columns.isEmpty, numbers.count(where: { $0 == largest }) > 1 else { return nil }
      differ = differ || smallest < largest
    }
    return differ ? columns[0] : nil
  }
}
