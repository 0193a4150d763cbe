/// A message in the wire format of Protocol Buffers: a list of numbered fields.
///
/// Defined in protobuf.dev/programming-guides/encoding. Groups, which no current message has, are refused.
struct WireMessage {
  /// The value of a field, numbers as their bits.
  enum Value: Equatable {
    case integer(UInt64)
    case fixed64(UInt64)
    case bytes([UInt8])
    case fixed32(UInt32)
  }

  /// Bytes that are no message.
  struct Damage: Error {}

  /// The fields in their order.
  var fields: [(number: Int, value: Value)] = []

  private enum Kind {
    static let integer: UInt64 = 0
    static let fixed64: UInt64 = 1
    static let bytes: UInt64 = 2
    static let fixed32: UInt64 = 5
  }

  // MARK: Writing

  /// The bytes of the message.
  var serialized: [UInt8] {
    var bytes: [UInt8] = []
    func append(_ integer: UInt64) {
      var rest = integer
      while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(rest))
    }
    for (number, value) in fields {
      func begin(_ kind: UInt64) { append(UInt64(number) << 3 | kind) }
      switch value {
      case .integer(let integer):
        begin(Kind.integer)
        append(integer)
      case .fixed64(let bits):
        begin(Kind.fixed64)
        withUnsafeBytes(of: bits.littleEndian) { bytes += $0 }
      case .bytes(let content):
        begin(Kind.bytes)
        append(UInt64(content.count))
        bytes += content
      case .fixed32(let bits):
        begin(Kind.fixed32)
        withUnsafeBytes(of: bits.littleEndian) { bytes += $0 }
      }
    }
    return bytes
  }

  // MARK: Reading

  /// An empty message.
  init() {}

  /// The message in `bytes`.
  ///
  /// - Throws: `Damage`.
  init(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let tag = try Self.integer(from: &rest)
      guard let number = Int(exactly: tag >> 3), 1..<1 << 29 ~= number else { throw Damage() }
      fields.append((number, try Self.value(tag & 7, from: &rest)))
    }
  }

  private static func value(_ kind: UInt64, from rest: inout ArraySlice<UInt8>) throws -> Value {
    switch kind {
    case Kind.integer: return .integer(try integer(from: &rest))
    case Kind.fixed64: return .fixed64(littleEndian(try take(8, from: &rest)))
    case Kind.fixed32: return .fixed32(littleEndian(try take(4, from: &rest)))
    case Kind.bytes:
      guard let count = Int(exactly: try integer(from: &rest)) else { throw Damage() }
      return .bytes(Array(try take(count, from: &rest)))
    default: throw Damage()
    }
  }

  /// Seven bits a byte, the lowest first; the eighth says that another byte follows.
  private static func integer(from rest: inout ArraySlice<UInt8>) throws -> UInt64 {
    var integer: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard let byte = rest.popFirst() else { throw Damage() }
      integer |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return integer }
    }
    throw Damage()
  }

  private static func take(
    _ count: Int, from rest: inout ArraySlice<UInt8>
  ) throws -> ArraySlice<UInt8> {
    guard count <= rest.count else { throw Damage() }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private static func littleEndian<Integer: FixedWidthInteger>(
    _ bytes: ArraySlice<UInt8>
  ) -> Integer {
    bytes.reversed().reduce(0) { $0 << 8 | Integer($1) }
  }
}
