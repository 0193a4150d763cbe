import Formats

extension KeyedDecodingContainer {
  /// The finite number for `key`, which must lie in `range`, or `fallback` where it is absent and
  /// there is one.
  ///
  /// - Throws: `DecodingError` that says what was expected and found.
  func number(
    _ key: Key, in range: some RangeExpression<Double>, absent fallback: Double? = nil
  ) throws -> Double {
    if let fallback, try decodeUnlessNone(Double.self, key) == nil { return fallback }
    let value = try decode(key, in: range)
    guard value.isFinite else { throw corrupted(key, "expected a finite number, found \(value)") }
    return value
  }
}
