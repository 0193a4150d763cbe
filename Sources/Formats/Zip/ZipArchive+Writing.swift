import CZip
import Foundation

extension ZipArchive {
  /// Replaces `url` with an archive of stored members.
  ///
  /// Equal members give equal bytes: time stamps are 1980-01-01, and nothing about the machine is
  /// written. The contents of each member begin at a multiple of 64 bytes, as in PyTorch's files, so
  /// that they can be mapped. The file is replaced atomically.
  ///
  /// - Parameters:
  ///   - members: The names and contents of at least one member, in the order of the file.
  ///   - url: The archive.
  /// - Throws: `ZipError` for an unsafe or duplicate name or a failed write, or `FileError`.
  public static func write(_ members: [(name: String, bytes: [UInt8])], to url: URL) throws {
    try write(
      members.map { ($0.name, $0.bytes.withUnsafeBytes(ByteStorage.init(copying:))) }, to: url)
  }

  /// As `write(_:to:)` of arrays, without a copy of the contents.
  package static func write(_ members: [(name: String, bytes: ByteStorage)], to url: URL) throws {
    try AtomicFile.replace(url) { temporary in
      var code: Int32 = 0
      guard let archive = zip_open(temporary.path, ZIP_CREATE | ZIP_TRUNCATE, &code) else {
        throw ZipError(file: url.path, member: nil, problem: .unwritable(libzipReason(code)))
      }
      do {
        var writer = ZipWriter(archive: archive, file: url.path)
        for member in members { try writer.add(member.name, member.bytes) }
        try withExtendedLifetime(members) { try writer.close() }
      } catch {
        zip_discard(archive)
        throw error
      }
    }
  }
}

/// Writes members one after another, with the contents of each on a 64-byte boundary.
private struct ZipWriter {
  let archive: OpaquePointer
  let file: String
  /// The byte offset of the next member's header.
  private var offset = 0
  private var names: Set<String> = []

  private static let alignment = 64
  /// The identifier of the extra field that PyTorch uses for padding.
  private static let paddingIdentifier: UInt16 = 0x4246
  /// 1980-01-01 00:00 in the format of MS-DOS.
  private static let epoch: (time: UInt16, date: UInt16) = (0, 0x21)

  init(archive: OpaquePointer, file: String) {
    self.archive = archive
    self.file = file
  }

  /// Adds a member; `contents` must stay valid until the archive is closed.
  mutating func add(_ name: String, _ contents: ByteStorage) throws {
    guard ZipArchive.isSafe(name) else { throw error(name, .unsafeName) }
    guard names.insert(name).inserted else { throw error(name, .duplicateName) }
    let bytes = contents.bytes
    guard let source = zip_source_buffer(archive, bytes.baseAddress, UInt64(bytes.count), 0) else {
      throw failure(name)
    }
    let index = zip_file_add(archive, name, source, UInt32(ZIP_FL_ENC_UTF_8))
    guard index >= 0 else {
      zip_source_free(source)
      throw failure(name)
    }
    let padding = advance(past: bytes.count, named: name)
    let isSet =
      zip_set_file_compression(archive, UInt64(index), ZIP_CM_STORE, 0) == 0
      && zip_file_set_dostime(archive, UInt64(index), Self.epoch.time, Self.epoch.date, 0) == 0
      && zip_file_extra_field_set(
        archive, UInt64(index), Self.paddingIdentifier, 0, padding, UInt16(padding.count),
        UInt32(ZIP_FL_LOCAL)) == 0
    guard isSet else { throw failure(name) }
  }

  /// Writes the archive and closes its handle.
  func close() throws {
    guard zip_close(archive) == 0 else { throw failure(nil) }
  }

  /// Advances `offset` past the member and returns the padding that aligns its contents.
  private mutating func advance(past byteCount: Int, named name: String) -> [UInt8] {
    let zip64Field = byteCount >= Int(UInt32.max) ? 20 : 0
    let start = offset + 30 + name.utf8.count + zip64Field + 4
    let padding = (Self.alignment - start % Self.alignment) % Self.alignment
    offset = start + padding + byteCount
    return Array(repeating: UInt8(ascii: "Z"), count: padding)
  }

  private func failure(_ member: String?) -> ZipError {
    error(member, .unwritable(String(cString: zip_strerror(archive))))
  }

  private func error(_ member: String?, _ problem: ZipError.Problem) -> ZipError {
    ZipError(file: file, member: member, problem: problem)
  }
}
