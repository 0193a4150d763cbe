import Foundation

/// Reads Python pickles of protocols 2 to 5 as data.
///
/// Opcodes are interpreted against a fixed list of classes and functions (`PickleGlobal.known`), of
/// which none is ever called: a call becomes a `PickleObject` that says what was asked for. Every
/// other name is refused, so that a hostile file can do no more than fail to be read. The opcodes
/// are those documented in Python's `pickletools`.
public enum PickleReader {
  /// Reads the one pickle that `bytes` are.
  ///
  /// - Parameters:
  ///   - bytes: The whole pickle.
  ///   - file: The name that errors carry.
  ///   - limits: How much it may hold, in proportion to its size by default.
  /// - Returns: The value, whose size is within the limits.
  /// - Throws: `PickleError` with the offset of the opcode at fault.
  public static func value(
    of bytes: [UInt8], file: String, limits: PickleLimits? = nil
  ) throws -> PickleValue {
    try bytes.withUnsafeBytes { try value(of: $0, file: file, limits: limits) }
  }

  /// Reads the file at `url` as one pickle.
  ///
  /// - Throws: `PickleError` or `FileError`.
  public static func value(
    contentsOf url: URL, limits: PickleLimits? = nil
  ) throws -> PickleValue {
    try ByteStorage(mapping: url).withBytes { bytes in
      try value(of: bytes, file: url.path, limits: limits)
    }
  }

  private static func value(
    of bytes: UnsafeRawBufferPointer, file: String, limits: PickleLimits?
  ) throws -> PickleValue {
    var position = 0
    let value = try value(
      of: bytes, at: &position, file: file,
      limits: limits ?? PickleLimits(fileByteCount: bytes.count))
    guard position == bytes.count else {
      throw PickleError(
        file: file, offset: position, problem: .trailingBytes(bytes.count - position))
    }
    return value
  }

  /// Reads the pickle that begins at `position`, and moves that behind its end.
  ///
  /// - Throws: `PickleError`.
  package static func value(
    of bytes: UnsafeRawBufferPointer, at position: inout Int, file: String,
    limits: PickleLimits
  ) throws -> PickleValue {
    var machine = PickleMachine(
      cursor: PickleCursor(bytes, at: position, file: file), limits: limits)
    let value = try machine.run()
    position = machine.cursor.position
    return value
  }
}
