import CZip
import Foundation

/// The file of an archive, kept open so that all its handles read the same file even if another one
/// is put in its place.
final class ZipDescriptor: Sendable {
  let file: String
  private let regularFile: RegularFile
  /// The most members that the archive may have: libzip takes some 350 bytes for each.
  let maximumMemberCount: Int

  /// Opens the regular file at `url`.
  ///
  /// - Throws: `FileError.unreadable`.
  init(_ url: URL, maximumMemberCount: Int) throws {
    regularFile = try RegularFile(url)
    file = url.path
    self.maximumMemberCount = maximumMemberCount
  }

  /// The size of the file when it was opened.
  var byteCount: Int { regularFile.byteCount }

  /// A path by which this very file can be opened again.
  var path: String { regularFile.path }

  /// Refuses an archive that says it has too many members.
  ///
  /// libzip allocates for as many as the directory's end record says. There may be several places
  /// that look like that record, so all are held to the limit. Without zip64 it is 16 bits wide.
  ///
  /// - Throws: `ZipError.Problem.tooManyMembers`, `FileError.unreadable`.
  func checkMemberCount() throws {
    let tail = try bytes(
      at: max(byteCount - Self.searchedByteCount, 0), count: Self.searchedByteCount)
    for place in tail.indices.dropLast(19) where tail[place...].starts(with: Self.zip64Locator) {
      let offset = tail.integer(at: place + 8)
      guard let start = Int(exactly: offset), start <= byteCount - 40 else { continue }
      let count = try bytes(at: start, count: 40).integer(at: 32)
      guard count <= UInt64(maximumMemberCount) else {
        throw ZipError(
          file: file, member: nil,
          problem: .tooManyMembers(found: count, maximum: maximumMemberCount))
      }
    }
  }

  /// The end record, its comment and the locator of zip64's end record.
  private static let searchedByteCount = 0xFFFF + 22 + 20
  private static let zip64Locator = Array("PK\u{6}\u{7}".utf8)

  /// Up to `count` bytes from `offset` on.
  private func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      initializedCount = try regularFile.read(
        into: UnsafeMutableRawBufferPointer(buffer), at: offset)
    }
  }
}

extension [UInt8] {
  /// The eight bytes from `place` on as a little-endian number; 0 beyond the end.
  fileprivate func integer(at place: Int) -> UInt64 {
    guard place + 8 <= count else { return 0 }
    return self[place..<place + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// libzip's view of an archive.
///
/// It belongs to one thread at a time.
final class ZipHandle: @unchecked Sendable {
  let archive: OpaquePointer
  private let descriptor: ZipDescriptor

  /// The part of a member that is read and added to its checksum at once, small enough for a cache.
  private static let pieceByteCount = 1 << 18

  /// Opens the archive of a descriptor.
  ///
  /// - Parameters:
  ///   - descriptor: The file.
  ///   - isChecked: Whether another handle has compared the directory with the members' headers.
  /// - Throws: `ZipError`.
  init(_ descriptor: ZipDescriptor, isChecked: Bool = false) throws {
    var code: Int32 = 0
    let flags = isChecked ? ZIP_RDONLY : ZIP_RDONLY | ZIP_CHECKCONS
    guard let archive = zip_open(descriptor.path, flags, &code) else {
      let problem: ZipError.Problem =
        code == ZIP_ER_EXISTS ? .duplicateName : .malformed(libzipReason(code))
      throw ZipError(file: descriptor.file, member: nil, problem: problem)
    }
    self.archive = archive
    self.descriptor = descriptor
  }

  deinit { zip_discard(archive) }

  /// Reads a member into memory of just its size.
  ///
  /// - Throws: `ZipError.Problem.damaged`.
  func read(
    _ index: Int, _ name: String, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    func damaged(_ reason: String) -> ZipError {
      ZipError(file: descriptor.file, member: name, problem: .damaged(reason))
    }
    guard let member = zip_fopen_index(archive, UInt64(index), 0) else {
      throw damaged(String(cString: zip_strerror(archive)))
    }
    defer { zip_fclose(member) }
    var position = 0
    while position < destination.count {
      let count = zip_fread(
        member, destination.baseAddress.map { $0 + position },
        UInt64(min(destination.count - position, Self.pieceByteCount)))
      guard count > 0 else { throw damaged(reason(of: member, count)) }
      position += Int(count)
    }
    // libzip compares the checksum when it meets the end, so the end must be read as well.
    var beyond: UInt8 = 0
    let rest = zip_fread(member, &beyond, 1)
    guard rest == 0 else { throw damaged(reason(of: member, rest)) }
  }

  private func reason(of member: OpaquePointer, _ count: Int64) -> String {
    if count < 0 { return String(cString: zip_file_strerror(member)) }
    return count == 0 ? "the data ends early" : "more data than its size"
  }
}

/// What libzip says about one of its error codes.
func libzipReason(_ code: Int32) -> String {
  var error = zip_error_t()
  zip_error_init_with_code(&error, code)
  defer { zip_error_fini(&error) }
  return String(cString: zip_error_strerror(&error))
}
