// N rows, K columns.

import Foundation

/// The numbers of columns, of which some may be no classes.
///
/// Row numbers, labels and the like are whole numbers beside numbers that are not, or are a function of
/// the row or of the other columns: what a class is by chance in less than one of some hundred tables.
struct ColumnNumbers<Number: BinaryFloatingPoint> {
  /// A column that is no class, and the reason for messages.
  typealias Finding = (column: Int, reason: String)

  private let values: UnsafeBufferPointer<Number>
  private let start: Int
  /// The distance between rows.
  private let stride: Int
  let rowCount: Int
  let columnCount: Int

  /// The columns `[rows, columns]` of one of the members of `values`, `[rows, members, columns]`.
  init(
    _ values: UnsafeBufferPointer<Number>, columnCount: Int, member: Int = 0, memberCount: Int = 1
  ) {
    self.values = values
    self.columnCount = columnCount
    start = member * columnCount
    stride = memberCount * columnCount
    rowCount = values.count / stride
  }

  private func value(_ row: Int, _ column: Int) -> Double {
    Double(values[start + row * stride + column])
  }

  func rows(of column: Int) -> some Sequence<Double> {
    (0..<rowCount).lazy.map { value($0, column) }
  }

  /// The columns of whole numbers alone.
  private var whole: [Int] {
    (0..<columnCount).filter { column in rows(of: column).allSatisfy(\.isWhole) }
  }

  // MARK: Columns that are no classes

  /// A column that is no class by its numbers.
  var finding: Finding? {
    guard columnCount > 1, rowCount > 2 else { return nil }
    let whole = whole
    if let column = whole.first(where: isLikelyLabel) { return (column, Reasons.labels) }
    guard rowCount > 3 else { return nil }
    if let column = whole.first(where: { counts($0) || isRun($0) }) {
      return (column, Reasons.counting)
    }
    if let column = whole.first(where: isFarLarger) { return (column, Reasons.numbers) }
    let all = 0..<columnCount
    if let column = all.first(where: towersOverOthers) { return (column, Reasons.larger) }
    if whole.count < columnCount {
      if let column = whole.first(where: { isAlien($0, besides: whole) }) {
        return (column, Reasons.numbers)
      }
    } else if let column = whole.first(where: isPermutation) {
      return (column, Reasons.permutation)
    }
    if let column = whole.first(where: isImprobableConstant) { return (column, Reasons.constant) }
    return all.first(where: isLargestOfOthers).map { ($0, Reasons.largest) }
  }

  /// A column that is the labels, or the predicted classes, of the rows.
  ///
  /// - Parameter labels: The label of each row.
  /// - Returns: The column; nil without any.
  func finding(beside labels: [Int]) -> Finding? {
    guard columnCount > 1, rowCount > 3, labels.count == rowCount else { return nil }
    let whole = whole
    let isConstant = labels.allSatisfy { $0 == labels[0] }
    for column in whole where !belongsToSum(column) {
      let isLabel = (0...1).contains { offset in
        zip(rows(of: column), labels).allSatisfy { $0 == Double($1 + offset) }
      }
      // A column of nothing but 0 can be a class that is never predicted.
      if isLabel, !isConstant || isImprobable(column, besides: whole) {
        return (column, Reasons.theLabels)
      }
      if isOwnFunction(column, of: labels) { return (column, Reasons.function) }
      if columnCount > 2, isPredictedClass(column) { return (column, Reasons.predictions) }
    }
    return nil
  }

  /// A column of whole numbers beside others without any, in a table too small to tell by that.
  var doubtful: Int? {
    guard columnCount > 1, rowCount < 4 else { return nil }
    let whole = whole
    let others = (0..<columnCount).filter { !whole.contains($0) }
    guard !others.isEmpty, wholeCount(in: others) == 0 else { return nil }
    return whole.first { !belongsToSum($0) }
  }

  /// A column that is the largest in every row, so that one class is always predicted.
  ///
  /// - Parameter labels: The label of each row.
  /// - Returns: The column; nil without any, or where all labels are the same.
  func alwaysLargest(beside labels: [Int]) -> Int? {
    guard columnCount > 1, rowCount > 3, labels.contains(where: { $0 != labels[0] }) else {
      return nil
    }
    let largest = (0..<columnCount).max { value(0, $0) < value(0, $1) } ?? 0
    let isAlways = (0..<rowCount).allSatisfy { row in
      (0..<columnCount).allSatisfy { $0 == largest || value(row, $0) < value(row, largest) }
    }
    return isAlways ? largest : nil
  }

  // MARK: Properties of a column

  func minimum(_ column: Int) -> Double { rows(of: column).min() ?? 0 }

  func maximum(_ column: Int) -> Double { rows(of: column).max() ?? 0 }

  /// Whether a column is 0, 1, 2 … or 1, 2, 3 ….
  func counts(_ column: Int) -> Bool {
    let first = value(0, column)
    return (first == 0 || first == 1)
      && rows(of: column).enumerated().allSatisfy { $1 == first + Double($0) }
  }

  /// Whether a column counts up or down from any number, over at least five rows.
  private func isRun(_ column: Int) -> Bool {
    let (first, step) = (value(0, column), value(1, column) - value(0, column))
    return rowCount > 4 && abs(step) == 1
      && rows(of: column).enumerated().allSatisfy { $1 == first + step * Double($0) }
  }

  /// Whether a column holds each number of a range once, and would not by chance if its numbers were
  /// drawn from the range of the others.
  private func isPermutation(_ column: Int) -> Bool {
    guard maximum(column) - minimum(column) == Double(rowCount - 1),
      Set(rows(of: column)).count == rowCount
    else { return false }
    let others = (0..<columnCount).filter { $0 != column }
    let (least, most) = (
      others.map(minimum).min() ?? 0, others.map(maximum).max() ?? 0
    )
    let (rows, range) = (Double(rowCount), most - least + 1)
    guard rows <= range else { return true }
    // rows! orders of each of the ranges, of range ^ rows draws.
    let chance = lgamma(rows + 1) + log(range - rows + 1) - rows * log(range)
    return chance < log(5e-4 / Double(columnCount))
  }

  func isLabel(_ column: Int, classCount: Int) -> Bool {
    rows(of: column).allSatisfy { $0.isWhole && $0 >= 0 && $0 < Double(classCount) }
  }

  /// Whether a column could be labels, and would not be by chance if its numbers were like the others.
  private func isLikelyLabel(_ column: Int) -> Bool {
    let classes = columnCount - 1
    guard isLabel(column, classCount: classes), maximum(column) != minimum(column),
      !belongsToSum(column)
    else { return false }
    let count = (0..<columnCount).reduce(-rowCount) { count, column in
      count + rows(of: column).count { $0.isWhole && 0..<Double(classes) ~= $0 }
    }
    let share = Double(count + 1) / Double(rowCount * classes + 2)
    return Double(rowCount) * log(share) < log(1e-3)
  }

  /// Whether a column of whole numbers would not be one by chance if its numbers were like those of the
  /// columns that are not `whole`, and is no class that is never predicted.
  private func isAlien(_ column: Int, besides whole: [Int]) -> Bool {
    !isUnused(column) && isImprobable(column, besides: whole) && !belongsToSum(column)
  }

  /// Whether a column is 0, or the logit of what is impossible, in all rows.
  private func isUnused(_ column: Int) -> Bool {
    let largest = maximum(column)
    return minimum(column) == largest && (largest == 0 || largest <= -20)
  }

  /// Whether a column holds one number alone, and would not by chance if its numbers were like the others.
  private func isImprobableConstant(_ column: Int) -> Bool {
    let number = value(0, column)
    guard !isUnused(column), rows(of: column).allSatisfy({ $0 == number }) else { return false }
    let count = (0..<columnCount).reduce(-rowCount) { count, column in
      count + rows(of: column).count { $0 == number }
    }
    let share = Double(count + 1) / Double(rowCount * (columnCount - 1) + 2)
    return Double(rowCount) * log(share) < log(5e-3 / Double(columnCount))
  }

  private func isImprobable(_ column: Int, besides whole: [Int]) -> Bool {
    let others = (0..<columnCount).filter { !whole.contains($0) }
    guard !others.isEmpty else { return false }
    let share = Double(wholeCount(in: others) + 1) / Double(rowCount * others.count + 2)
    // One of a thousand, or so, for each column.
    return Double(rowCount) * log(share) < log(5e-3 / Double(columnCount))
  }

  private func wholeCount(in columns: [Int]) -> Int {
    columns.reduce(0) { count, column in count + rows(of: column).count(where: \.isWhole) }
  }

  /// Whether all rows have one sum, as probabilities, percentages and votes have, and would not without
  /// this column.
  func belongsToSum(_ column: Int) -> Bool {
    var (smallest, largest) = (Double.infinity, -Double.infinity)
    var (smallestWithout, largestWithout) = (Double.infinity, -Double.infinity)
    for row in 0..<rowCount {
      let sum = (0..<columnCount).reduce(0) { $0 + value(row, $1) }
      let without = sum - value(row, column)
      (smallest, largest) = (min(smallest, sum), max(largest, sum))
      (smallestWithout, largestWithout) = (
        min(smallestWithout, without), max(largestWithout, without)
      )
    }
    // A constant column, such as that of a class without any votes, changes no difference.
    if maximum(column) == 0, minimum(column) == 0 {
      return largest - smallest <= 5e-3 * abs(largest)
    }
    return largest - smallest <= 5e-3 * abs(largest)
      && largest - smallest < largestWithout - smallestWithout
  }

  /// Whether a column is of another scale than all others, as numbers of images are.
  private func isFarLarger(_ column: Int) -> Bool {
    let (least, mean) = (minimum(column), rows(of: column).reduce(0, +) / Double(rowCount))
    guard least >= 0, least >= 100 || mean >= 1000 else { return false }
    let largest = (0..<columnCount).filter { $0 != column }.reduce(0) { largest, other in
      max(largest, rows(of: other).reduce(0) { max($0, abs($1)) })
    }
    return least >= 100 && largest < least / 10 || mean >= 1000 && largest < mean / 100
  }

  /// Whether a column is of another scale than the others in each row, as times are.
  private func towersOverOthers(_ column: Int) -> Bool {
    (0..<rowCount).allSatisfy { row in
      let value = value(row, column)
      return value >= 1000
        && (0..<columnCount).allSatisfy { $0 == column || abs(self.value(row, $0)) < value / 100 }
    }
  }

  /// Whether a column is the largest of the others in each row, which are not all the same.
  private func isLargestOfOthers(_ column: Int) -> Bool {
    guard columnCount > 2 else { return false }
    var differ = false
    for row in 0..<rowCount {
      var (smallest, largest) = (Double.infinity, -Double.infinity)
      for other in 0..<columnCount where other != column {
        (smallest, largest) = (min(smallest, value(row, other)), max(largest, value(row, other)))
      }
      guard value(row, column) == largest else { return false }
      differ = differ || smallest < largest
    }
    return differ
  }

  /// Whether a column, unlike others, has one number for each label, and several numbers in all.
  private func isOwnFunction(_ column: Int, of labels: [Int]) -> Bool {
    // Four rows that could contradict it.
    guard rowCount - Set(labels).count > 3, minimum(column) != maximum(column) else { return false }
    func isFunction(_ column: Int) -> Bool {
      var numbers: [Int: Double] = [:]
      return zip(labels, rows(of: column)).allSatisfy { label, number in
        defer { numbers[label] = number }
        return numbers[label] ?? number == number
      }
    }
    return isFunction(column) && !(0..<columnCount).allSatisfy(isFunction)
  }

  /// Whether a column is that of the largest other number in each row, and not always the same.
  private func isPredictedClass(_ column: Int) -> Bool {
    guard isLabel(column, classCount: columnCount - 1), minimum(column) != maximum(column) else {
      return false
    }
    return (0..<rowCount).allSatisfy { row in
      let others = (0..<columnCount).filter { $0 != column }
      let predicted = others[Int(value(row, column))]
      return others.allSatisfy { value(row, $0) <= value(row, predicted) }
    }
  }
}

/// Why a column is no class.
private enum Reasons {
  static let counting = "counts row by row, as row numbers do"
  static let numbers = "holds whole numbers alone, as row numbers are"
  static let constant = "holds one number alone, as a severity or a seed does"
  static let permutation = "holds each number of a range once, as row numbers do"
  static let labels = "holds whole numbers below the number of classes, as labels are"
  static let larger = "holds numbers far larger than all others, as times are"
  static let largest = "is the largest of the others in every row, as a confidence is"
  static let theLabels = "is the labels of the rows"
  static let function = "tells the labels: it is the same in all rows of a label"
  static let predictions = "is the predicted class: the number of the largest other column"
}
