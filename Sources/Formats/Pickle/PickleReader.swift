import Foundation

/// Reads Python pickles of any protocol, 0 to 5, as data.
///
/// Nothing is imported or called: a call becomes a `PickleObject` that describes it, whatever its name.
/// The names that are understood are a fixed list (`PickleGlobal.known`); the others are opaque. So the
/// worst that a hostile file can do is to fail to be read. The opcodes are those documented in Python's
/// `pickletools`.
public enum PickleReader {
  /// Reads one pickle from memory.
  ///
  /// - Parameters:
  ///   - bytes: The whole pickle.
  ///   - file: The file's name in errors.
  ///   - limits: The limits on its contents, by default in proportion to its size.
  /// - Returns: The value, which is within the limits.
  /// - Throws: `PickleError` with the byte offset of the opcode at fault.
  public static func value(
    of bytes: [UInt8], file: String, limits: PickleLimits? = nil
  ) throws -> PickleValue {
    try bytes.withUnsafeBytes { bytes in
      try document(
        of: bytes, file: file, limits: limits ?? PickleLimits(fileByteCount: bytes.count)
      ).value
    }
  }

  /// Reads the file at `url` as one pickle.
  ///
  /// - Throws: `PickleError` or `FileError`.
  public static func value(
    contentsOf url: URL, limits: PickleLimits? = nil
  ) throws -> PickleValue {
    try ByteStorage(mapping: url).withBytes { bytes in
      try document(
        of: bytes, file: url.path, limits: limits ?? PickleLimits(fileByteCount: bytes.count)
      ).value
    }
  }

  /// Reads the pickle at byte `offset`, and advances `offset` to its end.
  ///
  /// - Throws: `PickleError`.
  package static func value(
    of bytes: UnsafeRawBufferPointer, at offset: inout Int, file: String,
    limits: PickleLimits
  ) throws -> PickleValue {
    try document(of: bytes, at: &offset, file: file, limits: limits).value
  }

  /// Reads one pickle from memory with all references to what is outside it, in the order in which
  /// they are first made.
  ///
  /// - Throws: `PickleError`.
  package static func document(
    of bytes: UnsafeRawBufferPointer, file: String, limits: PickleLimits
  ) throws -> (value: PickleValue, persistentIdentifiers: [PickleValue]) {
    var offset = 0
    let document = try document(of: bytes, at: &offset, file: file, limits: limits)
    guard offset == bytes.count else {
      throw PickleError(
        file: file, offset: offset, problem: .trailingBytes(bytes.count - offset))
    }
    return document
  }

  /// Reads the pickle at byte `offset` with all references to what is outside it, in the order in
  /// which they are first made, and advances `offset` to its end.
  ///
  /// - Throws: `PickleError`.
  package static func document(
    of bytes: UnsafeRawBufferPointer, at offset: inout Int, file: String,
    limits: PickleLimits
  ) throws -> (value: PickleValue, persistentIdentifiers: [PickleValue]) {
    var machine = PickleMachine(
      cursor: PickleCursor(bytes, at: offset, file: file), limits: limits)
    let document = try machine.run()
    offset = machine.cursor.offset
    return document
  }
}
