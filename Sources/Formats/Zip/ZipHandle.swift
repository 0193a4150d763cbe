import CZip
import Foundation

/// The file of an archive, kept open so that all handles read the same file even if it is replaced.
final class ZipDescriptor: Sendable {
  let file: String
  private let regularFile: RegularFile
  /// The limit on members, for each of which libzip allocates about 350 bytes.
  let maximumMemberCount: Int

  /// The bytes that a member takes at least: its header and its entry in the directory.
  private static let minimumMemberByteCount = 30 + 46

  /// Opens the regular file at `url`; without a limit there are as many members as it has room for.
  ///
  /// - Throws: `FileError.unreadable`.
  init(_ url: URL, maximumMemberCount: Int?) throws {
    regularFile = try RegularFile(url)
    file = url.path
    self.maximumMemberCount =
      maximumMemberCount ?? regularFile.byteCount / Self.minimumMemberByteCount
  }

  /// The size of the file in bytes when it was opened.
  var byteCount: Int { regularFile.byteCount }

  /// A path that opens this very file again.
  var path: String { regularFile.path }

  /// Refuses an archive that declares too many members.
  ///
  /// libzip allocates memory for the declared number. A file can contain several candidates for the
  /// zip64 end record, so all of them are checked. Without zip64 the number has only 16 bits.
  ///
  /// - Throws: `ZipError.Problem.tooManyMembers`, `FileError.unreadable`.
  func checkMemberCount() throws {
    let tail = try self.tail
    for locator in tail.indices.dropLast(19)
    where tail[locator...].starts(with: Self.zip64Locator) {
      let offset = tail.integer(at: locator + 8)
      guard let start = Int(exactly: offset), start <= byteCount - 40 else { continue }
      let record = try bytes(at: start, count: 40)
      // What only looks like a locator, such as that of an archive in this one, leads elsewhere.
      guard record.starts(with: Self.zip64EndRecord) else { continue }
      let count = record.integer(at: 32)
      guard count <= UInt64(maximumMemberCount) else {
        throw ZipError(
          file: file, member: nil,
          problem: .tooManyMembers(found: count, maximum: maximumMemberCount))
      }
    }
  }

  /// The byte offset of the end of the archive, if other bytes follow it; nil if none is found, or the
  /// file ends there.
  ///
  /// - Throws: `FileError.unreadable`.
  func endBeforeOtherBytes() throws -> Int? {
    let tail = try self.tail
    let last = tail.indices.dropLast(Self.endRecordByteCount - 1).last { index in
      tail[index...].starts(with: Self.endRecord)
    }
    guard let last else { return nil }
    let comment = Int(tail[last + 20]) | Int(tail[last + 21]) << 8
    let end = byteCount - tail.count + last + Self.endRecordByteCount + comment
    return end < byteCount ? end : nil
  }

  /// The last bytes of the file, where its end records are.
  private var tail: [UInt8] {
    get throws {
      try bytes(at: max(byteCount - Self.searchedByteCount, 0), count: Self.searchedByteCount)
    }
  }

  private static let endRecordByteCount = 22
  /// The size of the end record, its comment and the locator of the zip64 end record.
  private static let searchedByteCount = 0xFFFF + endRecordByteCount + 20
  private static let endRecord = Array("PK\u{5}\u{6}".utf8)
  private static let zip64Locator = Array("PK\u{6}\u{7}".utf8)
  private static let zip64EndRecord = Array("PK\u{6}\u{6}".utf8)

  /// Up to `count` bytes from byte `offset` of the file on.
  private func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      initializedCount = try regularFile.read(
        into: UnsafeMutableRawBufferPointer(buffer), at: offset)
    }
  }
}

extension [UInt8] {
  /// The little-endian integer of the eight bytes from `offset` on; 0 beyond the end.
  fileprivate func integer(at offset: Int) -> UInt64 {
    guard offset + 8 <= count else { return 0 }
    return self[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// libzip's handle of an archive, used by one thread at a time.
final class ZipHandle: @unchecked Sendable {
  private let archive: OpaquePointer
  private let descriptor: ZipDescriptor

  /// The number of bytes that are inflated and checksummed at a time, which fit in a cache.
  private static let pieceByteCount = 1 << 18

  /// Opens an archive.
  ///
  /// - Parameters:
  ///   - descriptor: The archive's file.
  ///   - isChecked: Whether another handle has checked the directory against the members' headers.
  /// - Throws: `ZipError`.
  init(_ descriptor: ZipDescriptor, isChecked: Bool = false) throws {
    let flags = isChecked ? ZIP_RDONLY : ZIP_RDONLY | ZIP_CHECKCONS
    self.descriptor = descriptor
    do throws(ZipError) {
      archive = try Self.open(descriptor, end: nil, flags: flags)
    } catch {
      guard let end = try descriptor.endBeforeOtherBytes() else { throw error }
      archive = try Self.open(descriptor, end: end, flags: flags)
    }
  }

  /// Opens the bytes of a file before `end`, or all of them.
  private static func open(
    _ descriptor: ZipDescriptor, end: Int?, flags: Int32
  ) throws(ZipError) -> OpaquePointer {
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    // A length of 0 means all.
    let length = end.map(Int64.init) ?? 0
    if let source = zip_source_file_create(descriptor.path, 0, length, &error) {
      if let archive = zip_open_from_source(source, flags, &error) { return archive }
      zip_source_free(source)
    }
    let code = zip_error_code_zip(&error)
    throw ZipError(
      file: descriptor.file, member: nil,
      problem: code == ZIP_ER_EXISTS ? .duplicateName : .malformed(libzipReason(code)))
  }

  deinit { zip_discard(archive) }

  /// Reads a member into memory of exactly its size.
  ///
  /// - Throws: `ZipError.Problem.damaged`.
  func read(
    _ index: Int, _ name: String, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    func damaged(_ reason: String) -> ZipError { error(name, .damaged(reason)) }
    guard let member = zip_fopen_index(archive, UInt64(index), 0) else {
      throw damaged(String(cString: zip_strerror(archive)))
    }
    defer { zip_fclose(member) }
    var offset = 0
    while offset < destination.count {
      let count = zip_fread(
        member, destination.baseAddress.map { $0 + offset },
        UInt64(min(destination.count - offset, Self.pieceByteCount)))
      guard count > 0 else { throw damaged(reason(of: member, count)) }
      offset += Int(count)
    }
    // libzip verifies the checksum when it reaches the end, so the end must be read too.
    var beyond: UInt8 = 0
    let rest = zip_fread(member, &beyond, 1)
    let hasWrongChecksum = rest < 0 && zip_error_code_zip(zip_file_get_error(member)) == ZIP_ER_CRC
    guard rest == 0 || hasWrongChecksum && isWithoutChecksum(index) else {
      throw damaged(reason(of: member, rest))
    }
  }

  /// Whether a member is stored with a checksum of 0, which stands for none.
  private func isWithoutChecksum(_ index: Int) -> Bool {
    var status = zip_stat_t()
    return zip_stat_index(archive, UInt64(index), 0, &status) == 0 && status.crc == 0
      && status.comp_method == ZIP_CM_STORE
  }

  private func error(_ member: String?, _ problem: ZipError.Problem) -> ZipError {
    ZipError(file: descriptor.file, member: member, problem: problem)
  }

  private func reason(of member: OpaquePointer, _ count: Int64) -> String {
    if count < 0 { return String(cString: zip_file_strerror(member)) }
    return count == 0 ? "the data ends early" : "more data than its size"
  }
}

// MARK: The directory

extension ZipHandle {
  /// The members in the order of the directory.
  ///
  /// - Throws: `ZipError` for unsafe or duplicate names, unsupported compression, impossible sizes, or
  ///   too many or overlapping members.
  func members() throws -> [ZipArchive.Member] {
    let count = zip_get_num_entries(archive, 0)
    guard count <= descriptor.maximumMemberCount else {
      throw error(
        nil,
        .tooManyMembers(found: UInt64(count), maximum: descriptor.maximumMemberCount))
    }
    let members = try (0..<UInt64(max(count, 0))).map(member)
    var names: Set<String> = []
    for member in members where !names.insert(member.name).inserted {
      throw error(member.name, .duplicateName)
    }
    try checkRoom(for: members)
    return members
  }

  private func member(_ index: UInt64) throws -> ZipArchive.Member {
    var status = zip_stat_t()
    let wanted = UInt64(
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD
        | ZIP_STAT_ENCRYPTION_METHOD)
    guard zip_stat_index(archive, index, 0, &status) == 0, status.valid & wanted == wanted,
      let name = status.name
    else { throw error(nil, .malformed(String(cString: zip_strerror(archive)))) }
    return try member(String(cString: name), status)
  }

  /// The largest ratio of deflate: a match of 258 bytes takes at least two bits.
  private static let maximumRatio: UInt64 = 1032

  private func member(_ name: String, _ status: zip_stat_t) throws -> ZipArchive.Member {
    guard ZipArchive.isSafe(name) else { throw error(name, .unsafeName) }
    let isStored = status.comp_method == ZIP_CM_STORE
    guard isStored || status.comp_method == ZIP_CM_DEFLATE,
      status.encryption_method == ZIP_EM_NONE
    else { throw error(name, .unsupportedCompression(method: status.comp_method)) }
    guard !isStored || status.size == status.comp_size else {
      throw error(name, .damaged("stored with two sizes"))
    }
    guard isStored || status.size / Self.maximumRatio <= status.comp_size else {
      throw error(
        name,
        .damaged("\(status.comp_size) deflated bytes cannot hold the declared \(status.size)"))
    }
    return ZipArchive.Member(
      name: name, byteCount: status.size, compressedByteCount: status.comp_size, isStored: isStored)
  }

  /// Refuses an archive whose members need more bytes than the file has: such members overlap, and
  /// could be read to far more data than the file holds.
  private func checkRoom(for members: [ZipArchive.Member]) throws {
    var room = UInt64(descriptor.byteCount)
    for member in members {
      let header = UInt64(30 + member.name.utf8.count)
      let (needed, overflow) = member.compressedByteCount.addingReportingOverflow(header)
      guard !overflow, needed <= room else { throw error(member.name, .overlappingMembers) }
      room -= needed
    }
  }
}

/// libzip's message for an error code.
func libzipReason(_ code: Int32) -> String {
  var error = zip_error_t()
  zip_error_init_with_code(&error, code)
  defer { zip_error_fini(&error) }
  return String(cString: zip_error_strerror(&error))
}
