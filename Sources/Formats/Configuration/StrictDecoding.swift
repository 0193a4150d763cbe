extension Decoder {
  /// A keyed container in which every key that the data has must be one of `Key`.
  ///
  /// - Throws: `DecodingError.dataCorrupted` that names the unknown key and the nearest known one.
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
  /// - Throws: `DecodingError` that says what was expected and found.
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

  /// The value for `key`, or nil where the key is missing, `null` or the text `None`.
  public func decodeUnlessNone<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
    guard contains(key), try !decodeNil(forKey: key) else { return nil }
    if let text = try? decode(String.self, forKey: key), ["None", "none"].contains(text) {
      return nil
    }
    return try decode(type, forKey: key)
  }

  /// The value for `key`, whose text must be one of the cases of `Value`.
  ///
  /// - Throws: `DecodingError` that lists the cases.
  public func decodeCase<Value: CaseIterable & RawRepresentable<String>>(
    _ type: Value.Type, _ key: Key
  ) throws -> Value {
    let text = try decode(String.self, forKey: key)
    guard let value = Value(rawValue: text) else {
      let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
      throw corrupted(key, "expected one of \(known); found \"\(text)\"")
    }
    return value
  }

  /// An error about the value for `key`.
  public func corrupted(_ key: Key, _ problem: String) -> DecodingError {
    .dataCorruptedError(forKey: key, in: self, debugDescription: problem)
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
