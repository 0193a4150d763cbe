/// How far being right goes together; undefined where a margin of the table is empty.
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
    return Double(count) * (difference / first) * (difference / second)
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
