import Foundation

extension NumberTable {
  /// Checks that each column can be a class: that none numbers the rows, or holds their labels, and
  /// that a decimal comma did not make two columns of one.
  ///
  /// - Throws: `TextTableError` naming the column.
  mutating func checkColumns() throws {
    try checkNames()
    try checkHalves()
    try checkNumbers()
    try checkOrder(columnNames)
  }

  /// - Throws: `TextTableError` naming a column that is no class by its numbers.
  func checkNumbers() throws {
    let found = withNumbers { numbers in integerColumn(numbers) ?? numbers.finding }
    if let (column, reason) = found {
      throw TextTableError(
        file: file, problem: .notAClass(columns[column], reason: reason, isCertain: true))
    }
  }

  /// The numbers, as checks of columns see them.
  private func withNumbers<Result>(_ body: (ColumnNumbers) throws -> Result) rethrows
    -> Result
  {
    try values.withUnsafeBufferPointer { values in
      try body(ColumnNumbers(values, columnCount: columnCount))
    }
  }

  /// Checks columns whose names say that they are no classes, but that have numbers.
  ///
  /// A class can be called `no`; then its numbers are hardly whole, as those of rows are.
  private mutating func checkNames() throws {
    let areWhole = withNumbers { numbers in
      (0..<columnCount).map { numbers.rows(of: $0).allSatisfy(\.isWhole) }
    }
    let names = columns.compactMap(\.name)
    for (index, column) in columns.enumerated() {
      guard let name = column.name, let meaning = ColumnNames.meaning(of: name, among: names)
      else { continue }
      if meaning.isWhole, !areWhole[index] {
        notes.append(
          "\(file): \(column) \(meaning.reason), but its numbers are not whole: it is taken for a class; "
            + "if it is none, leave it out with --drop-column \(column.option)")
        continue
      }
      throw TextTableError(
        file: file,
        problem: .notAClass(column, reason: meaning.reason, isCertain: areWhole[index]))
    }
  }

  /// - Throws: `TextTableError` for names that count in another order than from the left.
  func checkOrder(_ names: [String]?) throws {
    guard let names, ColumnNames.areOutOfOrder(names) else { return }
    throw TextTableError(file: file, problem: .outOfOrder(names))
  }

  /// A column that was written as integers, where all others have points or exponents.
  private func integerColumn(_ numbers: ColumnNumbers) -> (Int, String)? {
    let integers = forms.indices.filter { forms[$0].isDisjoint(with: .decimal) }
    let isOfTwoKinds =
      forms.indices.allSatisfy { forms[$0].contains(.integer) != forms[$0].contains(.decimal) }
    let others = forms.count - integers.count
    guard isOfTwoKinds, others > 0, rowCount > 1 else { return nil }
    let whole = WholeColumns(numbers)
    for column in integers {
      if numbers.counts(column) { return (column, "counts row by row, as row numbers do") }
      // A column of nothing but 0 may be a class that is never predicted, or the one that logits are
      // relative to.
      guard rowCount > 2, numbers.maximum(column) > 0, !(whole?.belongsToSum(column) ?? true)
      else { continue }
      if numbers.isLabel(column, classCount: others) {
        return (column, "holds whole numbers below the number of classes, as labels are")
      }
      if zip(numbers.rows(of: column), numbers.rows(of: column).dropFirst()).allSatisfy({ $0 < $1 })
      {
        return (column, "holds whole numbers alone, as row numbers are")
      }
    }
    return nil
  }

  /// Commas between whole numbers that must be decimal commas: those of programs are not written with
  /// zeros in front, and hardly ever in pairs of a small and a large number.
  private func checkHalves() throws {
    let forms = forms + (firstLine == nil ? [] : firstForms)
    guard isSeparatedByCommas, !forms.contains(where: { $0.contains(.decimal) }) else { return }
    let isPair = columnCount == 2 && columns.allSatisfy { $0.name == nil }
    guard forms.contains(where: { $0.contains(.half) }) || isPair && arePairsHalves else { return }
    throw TextTableError(file: file, problem: .halves)
  }

  private var arePairsHalves: Bool {
    let numbers = (firstLine ?? []) + values
    let (wholes, fractions) = (
      stride(from: 0, to: numbers.count, by: 2).map { numbers[$0] },
      stride(from: 1, to: numbers.count, by: 2).map { numbers[$0] }
    )
    guard fractions.allSatisfy({ $0 >= 0 }) else { return false }
    let areMost = { (limit: Double) in 2 * fractions.count { $0 >= limit } > fractions.count }
    return areMost(100) || wholes.allSatisfy { $0 == 0 || $0 == 1 } && areMost(10)
  }
}
