import Foundation

/// A record of an event file.
///
/// It consists of the length of its data in 64 bits, the checksum of the length, the data, and the
/// checksum of the data. Integers are little-endian, checksums masked.
struct EventRecord {
  let event: EventMessage
  /// The byte offsets of the record in its file.
  let range: Range<Int>

  /// The version in the first record of every event file.
  static let version = "brain.Event:2"

  private static let lengthEnd = 8
  private static let headerByteCount = 12
  private static let checksumByteCount = 4

  /// The record of `event`.
  static func bytes(of event: EventMessage) -> [UInt8] {
    let data = event.serialized
    let length = bytes(littleEndian: UInt64(data.count))
    return length + bytes(littleEndian: CRC32C.masked(length)) + data
      + bytes(littleEndian: CRC32C.masked(data))
  }

  /// The complete records of `bytes`, the contents of `url`; a truncated last record is skipped.
  ///
  /// - Throws: `EventFileError`.
  static func records(_ bytes: [UInt8], of url: URL) throws -> [EventRecord] {
    var records: [EventRecord] = []
    var offset = 0
    while let record = try next(bytes, at: offset, of: url) {
      // Only a file that begins with the version is an event file, which may then be damaged.
      guard !records.isEmpty || record.event.content == .version(Self.version) else { break }
      records.append(record)
      offset = record.range.upperBound
    }
    guard !records.isEmpty else { throw EventFileError.notAnEventFile(url) }
    return records
  }

  private static func next(
    _ bytes: [UInt8], at start: Int, of url: URL
  ) throws -> EventRecord? {
    func check(_ range: Range<Int>, against offset: Int, _ part: String) throws {
      let found: UInt32 = readInteger(bytes, at: offset)
      guard found == CRC32C.masked(bytes[range]) else {
        throw start == 0
          ? EventFileError.notAnEventFile(url) : .damaged(url, offset: start, part: part)
      }
    }
    guard bytes.count - start >= headerByteCount else { return nil }
    try check(start..<start + lengthEnd, against: start + lengthEnd, "length")
    let length: UInt64 = readInteger(bytes, at: start)
    let dataStart = start + headerByteCount
    // Checked before it is added to an offset: it may be any 64-bit number.
    let room = bytes.count - dataStart - checksumByteCount
    guard room >= 0, length <= UInt64(room) else { return nil }
    let dataEnd = dataStart + Int(length)
    try check(dataStart..<dataEnd, against: dataEnd, "data")
    guard let event = try? EventMessage(Array(bytes[dataStart..<dataEnd])) else {
      throw EventFileError.damaged(url, offset: start, part: "message")
    }
    return EventRecord(event: event, range: start..<dataEnd + checksumByteCount)
  }

  private static func readInteger<Integer: FixedWidthInteger>(
    _ bytes: [UInt8], at offset: Int
  ) -> Integer {
    bytes[offset..<offset + MemoryLayout<Integer>.size].reversed()
      .reduce(0) { $0 << 8 | Integer($1) }
  }

  private static func bytes(littleEndian integer: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: integer.littleEndian, Array.init)
  }
}

/// An event file that cannot be read or appended to.
public enum EventFileError: Error, Equatable, CustomStringConvertible {
  /// The file does not begin with a record of the version.
  case notAnEventFile(URL)
  /// The record at this byte offset is damaged; `part` names the part.
  case damaged(URL, offset: Int, part: String)

  public var description: String {
    switch self {
    case .notAnEventFile(let url):
      "\(url.path): expected a TensorBoard event file of version \(EventRecord.version), "
        + "found something else; move it away"
    case .damaged(let url, let offset, let part):
      "\(url.path): byte \(offset): the \(part) of a record is damaged; move the file away"
    }
  }
}

/// The checksum of event files: CRC-32 with Castagnoli's polynomial (RFC 3720).
package enum CRC32C {
  /// The checksum of `bytes`.
  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
  }

  /// The checksum as it is stored: rotated right by 15 bits, plus a constant, because checksums of
  /// data that contains its own checksum are weak.
  package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let checksum = checksum(bytes)
    return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
  }

  /// The remainder of each byte; the bits of the polynomial are reversed.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(byte) { remainder, _ in
      remainder >> 1 ^ (remainder & 1 == 0 ? 0 : 0x82F6_3B78)
    }
  }
}
