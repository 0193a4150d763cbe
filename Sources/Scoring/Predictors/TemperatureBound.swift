/// An end of the range at which the likelihood still rises, so that the best temperature lies beyond.
public enum TemperatureBound: Sendable, Hashable {
  /// The lowest temperature.
  ///
  /// Where all rows that were fitted are right, any lower temperature is better. It may also be that
  /// the scale is that of a few rows with far larger logits than the others.
  case lowest(isAllRight: Bool)
  /// The highest temperature.
  ///
  /// Where the labels' logits are no larger than the mean logits, equal probabilities of all classes
  /// are better than any temperature.
  case highest(isNoBetterThanChance: Bool)

  /// Why the best temperature lies beyond the bound, in words; nil where neither reason is true.
  public var reason: String? {
    switch self {
    case .lowest(isAllRight: true): "were all right"
    case .highest(isNoBetterThanChance: true): "were no better than chance"
    case .lowest, .highest: nil
    }
  }

  /// What a user should know of temperatures, some of them at these bounds, that were fitted on `rows`.
  ///
  /// - Parameters:
  ///   - bounds: The bounds of the fits that met one.
  ///   - rows: What was fitted, such as "the rows that it was fitted on".
  /// - Returns: The reasons that are true, or that the best temperature lies further away.
  public static func reasons(_ bounds: some Sequence<TemperatureBound>, of rows: String) -> String {
    let reasons = Set(bounds.map(\.reason))
    let known = reasons.compactMap { $0 }.sorted()
    guard !known.isEmpty else {
      return "the best one lies beyond a thousandth or a thousand times the logits' scale"
    }
    // Of several fits each may have its own reason.
    return known.map { "\(rows) \($0)" }.joined(separator: ", and in another fit ")
  }
}
