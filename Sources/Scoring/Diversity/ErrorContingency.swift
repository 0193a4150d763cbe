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

  /// The counts that are given.
  public init(bothRight: Int, onlyFirstRight: Int, onlySecondRight: Int, bothWrong: Int) {
    self.bothRight = bothRight
    self.onlyFirstRight = onlyFirstRight
    self.onlySecondRight = onlySecondRight
    self.bothWrong = bothWrong
  }

  /// The counts of two members' scores on the same rows.
  ///
  /// - Precondition: Both have the same number of rows.
  public init(_ first: [RowScore] = [], _ second: [RowScore] = []) {
    add(first, second)
  }

  /// Adds a batch: two members' scores on the same rows.
  ///
  /// - Precondition: Both have the same number of rows.
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

  /// Whether there are rows, and none that both members get wrong.
  ///
  /// The ratio of errors is then what MixMo puts in its place.
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
}

/// How strongly the two members' being right is associated; undefined where a margin of the table is
/// empty.
extension ErrorContingency {
  private var firstRight: Int { bothRight + onlyFirstRight }
  private var secondRight: Int { bothRight + onlySecondRight }

  /// N11 / (N11 + N10): how often the second member is right where the first is.
  public var conditionalAccuracy: Double? {
    firstRight > 0 ? Double(bothRight) / Double(firstRight) : nil
  }

  /// N11 / (N11 + N01): how often the first member is right where the second is.
  public var conditionalAccuracyMirror: Double? {
    secondRight > 0 ? Double(bothRight) / Double(secondRight) : nil
  }

  /// (N11·N00 − N10·N01) / (N11·N00 + N10·N01), in −1...1.
  public var qStatistic: Double? {
    let sum = concordance + discordance
    return sum > 0 ? Double(concordance - discordance) / Double(sum) : nil
  }

  /// (N11·N00 − N10·N01) / √((N11 + N10)(N01 + N00)(N11 + N01)(N10 + N00)), in −1...1.
  public var correlation: Double? {
    guard let (first, second) = variances else { return nil }
    return Double(concordance - discordance) / (first * second).squareRoot()
  }

  /// N·(N11·N00 − N10·N01)² / ((N11 + N10)(N01 + N00)(N11 + N01)(N10 + N00)), in 0...N.
  ///
  /// Pearson's statistic of independence without a correction for continuity. It is not that of
  /// McNemar's test, which EnsembleDiversityTests calls by this name.
  public var chiSquare: Double? {
    guard let (first, second) = variances else { return nil }
    let difference = Double(concordance - discordance)
    return Double(count) * ((difference / first) * (difference / second))
  }

  // Products of two counts are exact in 128 bits.
  private var concordance: Int128 { Int128(bothRight) * Int128(bothWrong) }
  private var discordance: Int128 { Int128(onlyFirstRight) * Int128(onlySecondRight) }

  /// Right times wrong rows of each member; nil when one of the products is 0.
  private var variances: (Double, Double)? {
    let first = Int128(firstRight) * Int128(count - firstRight)
    let second = Int128(secondRight) * Int128(count - secondRight)
    return first > 0 && second > 0 ? (Double(first), Double(second)) : nil
  }
}
