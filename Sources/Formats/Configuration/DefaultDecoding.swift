extension KeyedDecodingContainer {
  /// The value for `key`, which must lie in `range`, or `fallback` where it is absent.
  package func decode<Value: Decodable, Range: RangeExpression<Value>>(
    _ key: Key, in range: Range, absent fallback: Value
  ) throws -> Value {
    guard try decodeUnlessNone(Value.self, key) != nil else { return fallback }
    return try decode(key, in: range)
  }

  /// The finite number for `key`, or `fallback` where it is absent.
  package func decodeFinite(_ key: Key, absent fallback: Double) throws -> Double {
    let value = try decodeUnlessNone(Double.self, key) ?? fallback
    guard value.isFinite else { throw corrupted(key, "expected a finite number, found \(value)") }
    return value
  }

  /// The case of `Value` that the text for `key` names, or nil where it is absent.
  package func decodeCaseUnlessNone<Value: CaseIterable & RawRepresentable<String>>(
    _ type: Value.Type, _ key: Key
  ) throws -> Value? {
    guard try decodeUnlessNone(String.self, key) != nil else { return nil }
    return try decodeCase(type, key)
  }
}
