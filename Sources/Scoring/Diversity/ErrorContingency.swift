/// How many rows two members get right: both, only one, or neither.
public struct ErrorContingency: Sendable, Equatable {
  /// N11, rows that both members get right.
  public private(set) var bothRight = 0
  /// N10, rows that only the first member gets right.
  public private(set) var onlyFirstRight = 0
  /// N01, rows that only the second member gets right.
  public private(set) var onlySecondRight = 0
  /// N00, rows that both members get wrong.
  public private(set) var bothWrong = 0

  /// How many rows were added.
  public var count: Int { bothRight + onlyFirstRight + onlySecondRight + bothWrong }

  /// The counts of two members' scores on the same rows.
  ///
  /// - Precondition: Both are of as many rows.
  public init(_ first: [RowScore] = [], _ second: [RowScore] = []) {
    add(first, second)
  }

  /// Adds a batch: two members' scores on the same rows.
  ///
  /// - Precondition: Both are of as many rows.
  public mutating func add(_ first: [RowScore], _ second: [RowScore]) {
    precondition(first.count == second.count, "\(first.count) and \(second.count) rows")
    for (first, second) in zip(first, second) {
      switch (first.isRight, second.isRight) {
      case (true, true): bothRight += 1
      case (true, false): onlyFirstRight += 1
      case (false, true): onlySecondRight += 1
      case (false, false): bothWrong += 1
      }
    }
  }

  /// Adds the rows that `other` has seen.
  public mutating func merge(_ other: ErrorContingency) {
    bothRight += other.bothRight
    onlyFirstRight += other.onlyFirstRight
    onlySecondRight += other.onlySecondRight
    bothWrong += other.bothWrong
  }

  /// Whether there are rows, and none that both members get wrong.
  ///
  /// The ratio of errors is then MixMo's stand-in.
  public var hasNoSharedError: Bool { count > 0 && bothWrong == 0 }

  /// (N01 + N10) / N00; nil for no rows.
  ///
  /// Without shared errors it is 2·(N01 + N10)/N, as in MixMo; DESlib returns the largest number.
  public var ratioOfErrors: Double? {
    guard count > 0 else { return nil }
    let single = Double(onlyFirstRight + onlySecondRight)
    return hasNoSharedError ? 2 * single / Double(count) : single / Double(bothWrong)
  }

  /// (N01 + N10) / N; nil for no rows.
  public var disagreement: Double? {
    count > 0 ? Double(onlyFirstRight + onlySecondRight) / Double(count) : nil
  }

  /// (N11 + N00) / N; nil for no rows.
  public var agreement: Double? {
    count > 0 ? Double(bothRight + bothWrong) / Double(count) : nil
  }

  /// N00 / N; nil for no rows.
  public var doubleFault: Double? {
    count > 0 ? Double(bothWrong) / Double(count) : nil
  }

  /// The figures that are defined on the rows.
  public var figures: Figures<DiversityFigure> {
    var figures = Figures<DiversityFigure>()
    figures[.ratioOfErrors] = ratioOfErrors
    figures[.disagreement] = disagreement
    figures[.doubleFault] = doubleFault
    figures[.agreement] = agreement
    figures[.conditionalAccuracy] = conditionalAccuracy
    figures[.conditionalAccuracyMirror] = conditionalAccuracyMirror
    figures[.chiSquare] = chiSquare
    figures[.qStatistic] = qStatistic
    figures[.correlation] = correlation
    return figures
  }
}
