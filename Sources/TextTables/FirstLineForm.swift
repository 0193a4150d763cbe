/// What a first line of whole numbers is by its form, beside the lines below it.
package enum FirstLineForm {
  /// It counts as names of columns do, and no other line is like it.
  case names
  /// It counts among whole numbers, or is unlike all others, and can be either.
  case either
  /// It is like others.
  case row
}

extension NumberTable {
  /// What the first line is by its form; nil where it can be nothing but what it was taken for.
  package var firstLineForm: FirstLineForm? {
    guard let firstLine else { return nil }
    let isOtherForm = isFirstLineWrittenDifferently
    if columnCount == 1 {
      guard isOtherForm else { return .row }
      return firstLine == [0] ? .names : .either
    }
    let isUnlike =
      isOtherForm || isFirstLineOutOfRange || isFirstLineWholeAlone && isFirstLineDistinct
    // Shares of two classes may be 0 and 1 in the first row.
    if isDistributionLikeOthers {
      let isInteger = firstForms.allSatisfy { $0 == .integer }
      return isUnlike || isInteger && firstLine.areCounting ? .either : .row
    }
    if firstLine.areCounting {
      return isOtherForm || isUnlike && !areOthersWhole ? .names : .either
    }
    // By chance three numbers or more hardly are those of the columns in another order.
    let isCounting = columnCount > 2 && firstLine.sorted().areCounting
    return isUnlike || isCounting ? .either : .row
  }

  /// Whether the first line is of integers and all others have points or exponents, or the reverse.
  package var isFirstLineWrittenDifferently: Bool {
    let isInteger = firstForms.allSatisfy { $0 == .integer }
    let isDecimal = firstForms.allSatisfy { $0 == .decimal }
    return isInteger && forms.allSatisfy { $0 == .decimal }
      || isDecimal && forms.allSatisfy { $0.isDisjoint(with: .decimal) }
  }

  /// Whether the numbers of the first line differ, as names do.
  package var isFirstLineDistinct: Bool { firstLine.map { Set($0).count == columnCount } ?? false }

  /// Whether each line below has a number with a fraction.
  private var isFirstLineWholeAlone: Bool {
    stride(from: 0, to: values.count, by: columnCount).allSatisfy { start in
      values[start..<start + columnCount].contains { !$0.isWhole }
    }
  }

  private var areOthersWhole: Bool { values.allSatisfy(\.isWhole) }

  /// Whether each number is larger than all below, or smaller.
  private var isFirstLineOutOfRange: Bool {
    guard let firstLine, rowCount > 3, let least = values.min(), let most = values.max() else {
      return false
    }
    return firstLine.allSatisfy { !(least...most ~= $0) }
  }

  private var isDistributionLikeOthers: Bool {
    guard columnCount == 2, let firstLine, firstLine.sorted() == [0, 1] else { return false }
    return stride(from: 0, to: values.count, by: 2).allSatisfy { start in
      let (first, second) = (values[start], values[start + 1])
      return first >= 0 && second >= 0 && abs(first + second - 1) < 0.05
    }
  }
}
