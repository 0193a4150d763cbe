// N rows, K columns.

import Foundation

/// The columns of a table that hold nothing but whole numbers, beside the others.
struct WholeColumns {
  private let numbers: ColumnNumbers
  /// The columns.
  private let columns: [Int]
  /// The sum of each row.
  private let sums: [Double]  // [N]
  /// How many numbers of the other columns are whole.
  private let otherCount: Int
  /// How many numbers of all columns could be labels.
  private let labelCount: Int

  /// The whole columns of `numbers`; nil without any.
  init?(_ numbers: ColumnNumbers) {
    let (rows, all) = (0..<numbers.rowCount, 0..<numbers.columnCount)
    let areWhole = all.map { numbers.rows(of: $0).allSatisfy(\.isWhole) }
    columns = all.filter { areWhole[$0] }
    guard !columns.isEmpty else { return nil }
    self.numbers = numbers
    sums = rows.map { row in all.reduce(0) { $0 + numbers.value(row, $1) } }
    let labels = 0..<Double(numbers.columnCount - 1)
    var (otherCount, labelCount) = (0, 0)
    for row in rows {
      for column in all where numbers.value(row, column).isWhole {
        if !areWhole[column] { otherCount += 1 }
        if labels.contains(numbers.value(row, column)) { labelCount += 1 }
      }
    }
    (self.otherCount, self.labelCount) = (otherCount, labelCount)
  }

  private var rowCount: Int { numbers.rowCount }
  private var columnCount: Int { numbers.columnCount }

  // MARK: Columns that are no classes

  /// A column that is no class by its numbers, of at least three rows.
  var finding: ColumnNumbers.Finding? {
    func first(_ isFound: (Int) -> Bool, _ reason: String) -> ColumnNumbers.Finding? {
      columns.first(where: isFound).map { ($0, reason) }
    }
    if let labels = first(
      isLikelyLabel, "holds whole numbers below the number of classes, as labels are")
    {
      return labels
    }
    guard rowCount > 3 else { return nil }
    let alien = "holds whole numbers alone, as row numbers are"
    return first({ numbers.counts($0) || isRun($0) }, "counts row by row, as row numbers do")
      ?? first(isFarLarger, alien) ?? first(isAlien, alien)
      ?? first(isPermutation, "holds each number of a range once, as row numbers do")
      ?? first(isImprobableConstant, "holds one number alone, as a severity or a seed does")
  }

  /// A column that is the labels, or the predicted classes, of at least four rows.
  ///
  /// - Parameter labels: The label of each row.
  /// - Returns: The column; nil without any.
  func finding(beside labels: [Int]) -> ColumnNumbers.Finding? {
    let isConstant = labels.allSatisfy { $0 == labels[0] }
    for column in columns {
      // A column of nothing but 0 can be a class that is never predicted.
      if isLabels(column, labels), !isConstant || isImprobable, !belongsToSum(column) {
        return (column, "is the labels of the rows")
      }
      if isOwnFunction(column, of: labels), !belongsToSum(column) {
        return (column, "tells the labels: it is the same in all rows of a label")
      }
      if isPredictedClass(column), !belongsToSum(column) {
        return (column, "is the predicted class: the number of the largest other column")
      }
    }
    return nil
  }

  /// A column beside others without any whole number, or that may number the rows in another order, and
  /// what it holds.
  var doubtful: ColumnNumbers.Finding? {
    if rowCount < 4, columns.count < columnCount, otherCount == 0 {
      return columns.first { !belongsToSum($0) }
        .map { ($0, "holds whole numbers alone, beside others without any") }
    }
    guard rowCount > 3 else { return nil }
    let column = columns.first { column in
      [0, 1].contains(numbers.minimum(column)) && chanceOfPermutation(column) ?? 0 < log(0.05)
    }
    return column.map { ($0, "holds each number of a range once") }
  }

  // MARK: Chance

  /// The logarithm of the chance that a column of numbers of a kind holds none but these by chance, of
  /// which there are `count` among `total` others.
  private func chance(_ count: Int, of total: Int) -> Double {
    Double(rowCount) * log(Double(count + 1) / Double(total + 2))
  }

  /// One of a thousand, or so, for each column.
  private var smallChance: Double { log(5e-3 / Double(columnCount)) }

  /// Whether columns of whole numbers would not be there by chance if their numbers were like those of
  /// the other columns.
  private var isImprobable: Bool {
    let others = columnCount - columns.count
    return others > 0 && chance(otherCount, of: rowCount * others) < smallChance
  }

  /// Whether a column could be labels, and would not be by chance if its numbers were like the others.
  private func isLikelyLabel(_ column: Int) -> Bool {
    guard numbers.isLabel(column, classCount: columnCount - 1),
      numbers.maximum(column) != numbers.minimum(column),
      chance(labelCount - rowCount, of: rowCount * (columnCount - 1)) < log(1e-3)
    else { return false }
    return !belongsToSum(column)
  }

  /// Whether a column is of whole numbers by no chance, and no class that is never predicted.
  private func isAlien(_ column: Int) -> Bool {
    isImprobable && !isUnused(column) && !belongsToSum(column)
  }

  /// Whether a column is 0, or the logit of what is impossible, in all rows.
  private func isUnused(_ column: Int) -> Bool {
    let first = numbers.value(0, column)
    return (first == 0 || first <= -20) && numbers.rows(of: column).allSatisfy { $0 == first }
  }

  /// Whether a column holds one number alone, and would not by chance if its numbers were like the
  /// others.
  private func isImprobableConstant(_ column: Int) -> Bool {
    let number = numbers.value(0, column)
    guard numbers.rows(of: column).allSatisfy({ $0 == number }), !isUnused(column) else {
      return false
    }
    let count = (0..<columnCount).reduce(-rowCount) { count, column in
      count + numbers.rows(of: column).count { $0 == number }
    }
    // The first row may hold any number.
    let others = Double(rowCount - 1) / Double(rowCount)
    return others * chance(count, of: rowCount * (columnCount - 1)) < smallChance
  }

  /// The logarithm of the chance that a column holds each number of a range once if its numbers are
  /// drawn from the range of the others; nil for a column that does not.
  private func chanceOfPermutation(_ column: Int) -> Double? {
    let start = numbers.minimum(column)
    guard numbers.maximum(column) - start == Double(rowCount - 1),
      Set(numbers.rows(of: column)).count == rowCount
    else { return nil }
    let others = (0..<columnCount).filter { $0 != column }
    let (least, most) = (
      others.map(numbers.minimum).min() ?? 0, others.map(numbers.maximum).max() ?? 0
    )
    let (rows, range) = (Double(rowCount), most - least + 1)
    guard rows <= range else { return -.infinity }
    // rows! orders of each of the ranges, of range ^ rows draws. Row numbers begin with 0 or 1.
    let rangeCount = start == 0 || start == 1 ? min(2, range - rows + 1) : range - rows + 1
    return lgamma(rows + 1) + log(rangeCount) - rows * log(range)
  }

  private func isPermutation(_ column: Int) -> Bool {
    let start = numbers.minimum(column)
    let limit = start == 0 || start == 1 ? smallChance : smallChance + log(0.1)
    return chanceOfPermutation(column).map { $0 < limit } ?? false
  }

  // MARK: Properties of a column

  /// Whether all rows have one sum, as probabilities, percentages and votes have, and would not without
  /// this column.
  func belongsToSum(_ column: Int) -> Bool {
    guard let smallest = sums.min(), let largest = sums.max(),
      largest - smallest <= 5e-3 * abs(largest)
    else { return false }
    let first = numbers.value(0, column)
    if first == 0, numbers.rows(of: column).allSatisfy({ $0 == 0 }) { return true }
    let without = zip(sums, numbers.rows(of: column)).map { $0 - $1 }
    return largest - smallest < (without.max() ?? 0) - (without.min() ?? 0)
  }

  /// Whether a column counts up or down from any number, over at least five rows.
  private func isRun(_ column: Int) -> Bool {
    let (first, step) = (
      numbers.value(0, column), numbers.value(1, column) - numbers.value(0, column)
    )
    return rowCount > 4 && abs(step) == 1
      && numbers.rows(of: column).enumerated().allSatisfy { $1 == first + step * Double($0) }
  }

  /// Whether a column is of another scale than all others, as numbers of images are.
  private func isFarLarger(_ column: Int) -> Bool {
    let least = numbers.minimum(column)
    let mean = numbers.rows(of: column).reduce(0, +) / Double(rowCount)
    guard least >= 0, least >= 100 || mean >= 1000 else { return false }
    let limit = max(least >= 100 ? least / 10 : 0, mean >= 1000 ? mean / 100 : 0)
    return (0..<columnCount).allSatisfy { other in
      other == column || numbers.rows(of: other).allSatisfy { abs($0) < limit }
    }
  }

  /// Whether a column is the labels, counted from 0 or from 1.
  private func isLabels(_ column: Int, _ labels: [Int]) -> Bool {
    (0...1).contains { offset in
      zip(numbers.rows(of: column), labels).allSatisfy { $0 == Double($1 + offset) }
    }
  }

  /// Whether a column, unlike others, has one number for each label, and several numbers in all.
  private func isOwnFunction(_ column: Int, of labels: [Int]) -> Bool {
    func isFunction(_ column: Int) -> Bool {
      var found: [Int: Double] = [:]
      return zip(labels, numbers.rows(of: column)).allSatisfy { label, number in
        defer { found[label] = number }
        return found[label] ?? number == number
      }
    }
    // Four rows that could contradict it.
    return isFunction(column) && rowCount - Set(labels).count > 3
      && numbers.minimum(column) != numbers.maximum(column)
      && !(0..<columnCount).allSatisfy(isFunction)
  }

  /// Whether a column is that of the largest other number in each row, and not always the same.
  private func isPredictedClass(_ column: Int) -> Bool {
    guard columnCount > 2, numbers.isLabel(column, classCount: columnCount - 1),
      numbers.minimum(column) != numbers.maximum(column)
    else { return false }
    return (0..<rowCount).allSatisfy { row in
      let index = Int(numbers.value(row, column))
      let predicted = numbers.value(row, index < column ? index : index + 1)
      return (0..<columnCount).allSatisfy {
        $0 == column || numbers.value(row, $0) <= predicted
      }
    }
  }
}

extension ColumnNumbers {
  /// Whether a column is 0, 1, 2 … or 1, 2, 3 ….
  func counts(_ column: Int) -> Bool {
    let first = value(0, column)
    return (first == 0 || first == 1)
      && rows(of: column).enumerated().allSatisfy { $1 == first + Double($0) }
  }

  /// Whether a column can be labels.
  func isLabel(_ column: Int, classCount: Int) -> Bool {
    rows(of: column).allSatisfy { $0.isWhole && $0 >= 0 && $0 < Double(classCount) }
  }
}
