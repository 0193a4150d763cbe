extension Decoder {
  /// A keyed container that refuses keys other than those of `Key`.
  ///
  /// - Throws: `DecodingError.dataCorrupted` naming the unknown key and the nearest known one.
  public func strictContainer<Key: CodingKey & CaseIterable>(
    keyedBy type: Key.Type
  ) throws -> KeyedDecodingContainer<Key> {
    let known = Key.allCases.map(\.stringValue)
    for key in try container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: codingPath + [key],
          debugDescription: "unknown key; " + Spelling.suggestion(for: key.stringValue, from: known)
        ))
    }
    return try container(keyedBy: type)
  }
}

extension KeyedDecodingContainer {
  /// The value for `key`, which must lie in `range`.
  ///
  /// - Throws: `DecodingError` with the expected range and the value found.
  public func decode<Value: Decodable, Range: RangeExpression<Value>>(
    _ key: Key, in range: Range
  ) throws -> Value {
    let value = try decode(Value.self, forKey: key)
    guard range.contains(value) else {
      throw corrupted(key, "expected a value \(Self.describe(range)), found \(value)")
    }
    return value
  }

  private static func describe<Value>(_ range: some RangeExpression<Value>) -> String {
    switch range {
    case let range as PartialRangeFrom<Value>: "of at least \(range.lowerBound)"
    case let range as ClosedRange<Value>: "from \(range.lowerBound) to \(range.upperBound)"
    default: "in \(range)"
    }
  }

  /// The value for `key`, or nil if the key is missing or its value is `null` or the string `None`.
  public func decodeUnlessNone<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
    guard contains(key), try !decodeNil(forKey: key) else { return nil }
    if let text = try? decode(String.self, forKey: key), ["None", "none"].contains(text) {
      return nil
    }
    return try decode(type, forKey: key)
  }

  /// The value for `key`, whose string must be the raw value of a case of `Value`.
  ///
  /// - Throws: `DecodingError` listing the raw values, or those of `usual` cases.
  public func decodeCase<Value: CaseIterable & RawRepresentable<String>>(
    _ type: Value.Type, _ key: Key, usual: [Value]? = nil
  ) throws -> Value {
    let text = try decode(String.self, forKey: key)
    guard let value = Value(rawValue: text) else {
      let names = (usual ?? Array(Value.allCases)).map(\.rawValue).joined(separator: ", ")
      throw corrupted(key, "expected one of \(names); found \"\(text)\"")
    }
    return value
  }

  /// Creates an error about the value for `key`.
  public func corrupted(_ key: Key, _ problem: String) -> DecodingError {
    .dataCorruptedError(forKey: key, in: self, debugDescription: problem)
  }
}

// MARK: Defaults for absent keys

extension KeyedDecodingContainer {
  /// The value for `key`, which must lie in `range`, or `fallback` if it is absent.
  package func decode<Value: Decodable, Range: RangeExpression<Value>>(
    _ key: Key, in range: Range, absent fallback: Value
  ) throws -> Value {
    guard try decodeUnlessNone(Value.self, key) != nil else { return fallback }
    return try decode(key, in: range)
  }

  /// The finite number for `key`, which must lie in `range`, or `fallback` if it is absent.
  ///
  /// - Throws: `DecodingError` that says what was expected and found.
  package func decodeFinite(
    _ key: Key, in range: some RangeExpression<Double>, absent fallback: Double? = nil
  ) throws -> Double {
    if let fallback, try decodeUnlessNone(Double.self, key) == nil { return fallback }
    let value = try decode(key, in: range)
    guard value.isFinite else { throw corrupted(key, "expected a finite number, found \(value)") }
    return value
  }

  /// The finite number for `key`, or `fallback` if it is absent.
  package func decodeFinite(_ key: Key, absent fallback: Double) throws -> Double {
    let value = try decodeUnlessNone(Double.self, key) ?? fallback
    guard value.isFinite else { throw corrupted(key, "expected a finite number, found \(value)") }
    return value
  }

  /// The case of `Value` for `key`, or nil if it is absent.
  package func decodeCaseUnlessNone<Value: CaseIterable & RawRepresentable<String>>(
    _ type: Value.Type, _ key: Key
  ) throws -> Value? {
    guard try decodeUnlessNone(String.self, key) != nil else { return nil }
    return try decodeCase(type, key)
  }
}

/// A key of any name.
private struct AnyKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = Int(stringValue)
  }

  init(intValue: Int) {
    stringValue = "\(intValue)"
    self.intValue = intValue
  }
}
