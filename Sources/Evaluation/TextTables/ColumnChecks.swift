import Foundation

extension NumberTable {
  /// Checks that each column can be a class: that none numbers the rows, or holds their labels, and
  /// that a decimal comma did not make two columns of one.
  ///
  /// - Throws: `TextTableError` naming the column.
  func checkColumns() throws {
    guard columnCount > 1 else { return }
    try checkHalves()
    if let (column, reason) = integerColumn() ?? wholeColumn() {
      throw TextTableError(file: file, problem: .notAClass(columns[column], reason: reason))
    }
  }

  /// A column that was written as integers, where all others have points or exponents.
  private func integerColumn() -> (Int, String)? {
    let integers = forms.indices.filter { forms[$0].isDisjoint(with: .decimal) }
    let isOfTwoKinds =
      forms.indices.allSatisfy { forms[$0].contains(.integer) != forms[$0].contains(.decimal) }
    let others = forms.count - integers.count
    guard isOfTwoKinds, others > 0, rowCount > 1 else { return nil }
    for column in integers {
      if counts(column) { return (column, Self.counting) }
      if rowCount > 2, isLabel(column, classCount: others), !isUnusedClass(column) {
        return (column, Self.labels)
      }
      // A column of one number may be a class that is never predicted.
      if rowCount > 2, isRising(column) || rowCount > 3 && differs(column) {
        return (column, Self.numbers)
      }
    }
    return nil
  }

  /// A column of whole numbers that count, or that can be labels and hardly anything else.
  private func wholeColumn() -> (Int, String)? {
    guard rowCount > 2 else { return nil }
    let whole = (0..<columnCount).filter { column in rows(of: column).allSatisfy(\.isWhole) }
    if rowCount > 3, let column = whole.first(where: counts) { return (column, Self.counting) }
    if let column = whole.first(where: isLikelyLabel) { return (column, Self.labels) }
    let isWholeAlone = rowCount > 7 && 2 * whole.count <= columnCount
    if isWholeAlone, !haveRowsOneSum, let column = whole.first(where: differs) {
      return (column, Self.numbers)
    }
    return rowCount > 3 ? whole.first(where: isFarLarger).map { ($0, Self.numbers) } : nil
  }

  /// Whether a column is of another scale than all others, as numbers of images are.
  private func isFarLarger(_ column: Int) -> Bool {
    let mean = rows(of: column).reduce(0, +) / Double(rowCount)
    guard mean >= 1000, minimum(column) >= 0 else { return false }
    return (0..<columnCount).allSatisfy { other in
      other == column || rows(of: other).allSatisfy { abs($0) < mean / 100 }
    }
  }

  /// Whether a column could be labels, and would not be by chance if its numbers were like the others.
  private func isLikelyLabel(_ column: Int) -> Bool {
    let classes = columnCount - 1
    guard isLabel(column, classCount: classes), maximum(column) != minimum(column),
      !haveRowsOneSum
    else { return false }
    let count = values.count { $0.isWhole && 0..<Double(classes) ~= $0 } - rowCount
    let share = Double(count + 1) / Double(rowCount * classes + 2)
    return Double(rowCount) * log(share) < log(1e-3)
  }

  /// Whether all rows have the same sum, as votes and percentages have.
  private var haveRowsOneSum: Bool {
    let first = values[..<columnCount].reduce(0, +)
    return stride(from: 0, to: values.count, by: columnCount).allSatisfy { start in
      abs(values[start..<start + columnCount].reduce(-first, +)) <= 5e-3 * abs(first)
    }
  }

  private static let counting = "counts up row by row, as row numbers do"
  private static let numbers = "holds whole numbers alone, as row numbers are"
  private static let labels = "holds whole numbers below the number of classes, as labels are"

  /// Commas between whole numbers that must be decimal commas: those of programs are not written with
  /// zeros in front, and hardly ever in pairs of a small and a large number.
  private func checkHalves() throws {
    guard !forms.contains(where: { $0.contains(.decimal) }) else { return }
    let isPair =
      columnCount == 2 && columns.allSatisfy { $0.name == nil }
      && rows(of: 1).allSatisfy { $0 >= 0 }
    let isFraction = { (limit: Double) in
      2 * rows(of: 1).count { $0 >= limit } > rowCount
    }
    let isProbability = isPair && rows(of: 0).allSatisfy { $0 == 0 || $0 == 1 } && isFraction(10)
    guard
      forms.contains(where: { $0.contains(.half) }) || isProbability || isPair && isFraction(100)
    else { return }
    throw TextTableError(file: file, problem: .halves)
  }

  private func rows(of column: Int) -> some Sequence<Double> {
    stride(from: column, to: values.count, by: columnCount).lazy.map { values[$0] }
  }

  private func minimum(_ column: Int) -> Double { rows(of: column).min() ?? 0 }

  private func maximum(_ column: Int) -> Double { rows(of: column).max() ?? 0 }

  /// Whether a column is 0, 1, 2 … or 1, 2, 3 ….
  private func counts(_ column: Int) -> Bool {
    let first = values[column]
    return (first == 0 || first == 1)
      && rows(of: column).enumerated().allSatisfy { $1 == first + Double($0) }
  }

  /// Whether a column is the probability 0 of a class that is never predicted.
  private func isUnusedClass(_ column: Int) -> Bool {
    maximum(column) == 0 && haveRowsOneSum && abs(values[..<columnCount].reduce(-1, +)) < 5e-3
  }

  /// Whether a column holds several numbers, none of them negative.
  private func differs(_ column: Int) -> Bool {
    minimum(column) >= 0 && maximum(column) != minimum(column)
  }

  private func isRising(_ column: Int) -> Bool {
    zip(rows(of: column), rows(of: column).dropFirst()).allSatisfy { $0 < $1 }
  }

  private func isLabel(_ column: Int, classCount: Int) -> Bool {
    rows(of: column).allSatisfy { $0.isWhole && $0 >= 0 && $0 < Double(classCount) }
  }
}

extension Double {
  /// Whether this is a whole number.
  fileprivate var isWhole: Bool { self == rounded(.towardZero) }
}
