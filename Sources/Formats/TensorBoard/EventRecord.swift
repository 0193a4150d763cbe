import Foundation
internal import SwiftProtobuf

/// One record of an event file.
///
/// It is the length of its data in 64 bits, the length's checksum, the data, and the data's checksum.
/// Numbers are little-endian, checksums masked.
struct EventRecord {
  let event: TensorBoard_Event
  /// Where the record lies in its file.
  let range: Range<Int>

  private static let lengthEnd = 8
  private static let headerByteCount = 12
  private static let checksumByteCount = 4

  /// The record of `event`.
  static func bytes(of event: TensorBoard_Event) throws -> [UInt8] {
    let data: [UInt8] = try event.serializedBytes()
    let length = littleEndian(UInt64(data.count))
    return length + littleEndian(CRC32C.masked(length)) + data + littleEndian(CRC32C.masked(data))
  }

  /// The whole records of `bytes`, the contents of `url`; what a kill left of a last one is no error.
  ///
  /// - Throws: `EventFileError`.
  static func records(_ bytes: [UInt8], of url: URL) throws -> [EventRecord] {
    var records: [EventRecord] = []
    var position = 0
    while let record = try next(bytes, at: position, of: url) {
      // Whatever the file is, it is not called damaged before it has shown to be an event file.
      guard !records.isEmpty || record.event.fileVersion == EventFile.version else { break }
      records.append(record)
      position = record.range.upperBound
    }
    guard !records.isEmpty else { throw EventFileError.notAnEventFile(url) }
    return records
  }

  private static func next(
    _ bytes: [UInt8], at start: Int, of url: URL
  ) throws -> EventRecord? {
    func check(_ range: Range<Int>, against place: Int, _ part: String) throws {
      let found: UInt32 = number(bytes, at: place)
      guard found == CRC32C.masked(bytes[range]) else {
        throw start == 0
          ? EventFileError.notAnEventFile(url) : .damaged(url, offset: start, part: part)
      }
    }
    guard bytes.count - start >= headerByteCount else { return nil }
    try check(start..<start + lengthEnd, against: start + lengthEnd, "length")
    let length: UInt64 = number(bytes, at: start)
    let dataStart = start + headerByteCount
    // Compared before it is added to anything: it may be any number.
    let room = bytes.count - dataStart - checksumByteCount
    guard room >= 0, length <= UInt64(room) else { return nil }
    let dataEnd = dataStart + Int(length)
    try check(dataStart..<dataEnd, against: dataEnd, "data")
    let data = Array(bytes[dataStart..<dataEnd])
    guard let event = try? TensorBoard_Event(serializedBytes: data) else {
      throw EventFileError.damaged(url, offset: start, part: "message")
    }
    return EventRecord(event: event, range: start..<dataEnd + checksumByteCount)
  }

  private static func number<Number: FixedWidthInteger>(
    _ bytes: [UInt8], at place: Int
  ) -> Number {
    bytes[place..<place + MemoryLayout<Number>.size].reversed().reduce(0) { $0 << 8 | Number($1) }
  }

  private static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian, Array.init)
  }
}
