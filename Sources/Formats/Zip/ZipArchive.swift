import CZip
import Foundation

/// A zip archive that is open for reading, through libzip.
///
/// Members are stored or deflated. Their checksums are verified as they are read, and no declared
/// size is believed before it is compared with what the caller allows.
public final class ZipArchive {
  /// One file of an archive.
  public struct Member: Equatable, Sendable {
    /// The path inside the archive, relative and without `..`.
    public let name: String
    /// The declared size of the contents.
    public let byteCount: UInt64
    /// The size of the contents in the archive.
    public let compressedByteCount: UInt64
    /// Whether the contents stand in the archive as they are.
    public let isStored: Bool
  }

  /// The members in the order of the archive's directory.
  public let members: [Member]
  private let indices: [String: Int]
  private let archive: OpaquePointer
  private let file: String

  /// Opens the archive at `url` and checks its directory.
  ///
  /// - Throws: `ZipError` for an archive that is cut short or inconsistent, has unsafe or duplicate
  ///   names, or members that overlap.
  public init(contentsOf url: URL) throws {
    file = url.path
    var code: Int32 = 0
    guard let archive = zip_open(url.path, ZIP_RDONLY | ZIP_CHECKCONS, &code) else {
      throw ZipError(file: file, member: nil, problem: Self.problem(opening: code))
    }
    do {
      members = try Self.members(of: archive, file: file)
      indices = try Self.indices(of: members, file: file)
      try Self.checkRoom(for: members, url: url)
    } catch {
      zip_discard(archive)
      throw error
    }
    self.archive = archive
  }

  deinit {
    zip_discard(archive)
  }

  /// The contents of a member.
  ///
  /// - Parameters:
  ///   - name: The member's name.
  ///   - maximum: The largest size that is believed and allocated.
  /// - Returns: The contents, of which the checksum is right.
  /// - Throws: `ZipError` for a missing, too large or damaged member.
  public func bytes(of name: String, atMost maximum: Int) throws -> [UInt8] {
    let member = try member(name)
    guard member.byteCount <= UInt64(max(maximum, 0)) else {
      throw error(name, .tooLarge(declared: member.byteCount, maximum: maximum))
    }
    let byteCount = Int(member.byteCount)
    return try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      let destination = UnsafeMutableRawBufferPointer(buffer)
      try read(name, into: UnsafeMutableRawBufferPointer(rebasing: destination[..<byteCount]))
      count = byteCount
    }
  }

  /// Reads the contents of a member into memory of just its size.
  ///
  /// - Throws: `ZipError` for a missing, damaged or differently sized member.
  public func read(_ name: String, into destination: UnsafeMutableRawBufferPointer) throws {
    let member = try member(name)
    guard member.byteCount == UInt64(destination.count) else {
      throw error(
        name, .wrongByteCount(expected: destination.count, found: member.byteCount))
    }
    guard let index = indices[name], let handle = zip_fopen_index(archive, UInt64(index), 0) else {
      throw error(name, .damaged(String(cString: zip_strerror(archive))))
    }
    defer { zip_fclose(handle) }
    var position = 0
    while position < destination.count {
      let count = zip_fread(
        handle, destination.baseAddress.map { $0 + position }, UInt64(destination.count - position))
      guard count > 0 else { throw error(name, .damaged(reason(of: handle, count))) }
      position += Int(count)
    }
    // libzip compares the checksum when it meets the end, so the end must be read as well.
    var beyond: UInt8 = 0
    let rest = zip_fread(handle, &beyond, 1)
    guard rest == 0 else { throw error(name, .damaged(reason(of: handle, rest))) }
  }

  /// The directory's entry for `name`.
  ///
  /// - Throws: `ZipError.Problem.missing`.
  public func member(_ name: String) throws -> Member {
    guard let index = indices[name] else { throw error(name, .missing) }
    return members[index]
  }

  private static func problem(opening code: Int32) -> ZipError.Problem {
    code == ZIP_ER_EXISTS ? .duplicateName : .malformed(libzipReason(code))
  }

  private func reason(of handle: OpaquePointer, _ count: Int64) -> String {
    if count < 0 { return String(cString: zip_file_strerror(handle)) }
    return count == 0 ? "the data ends early" : "more data than its size"
  }

  private func error(_ member: String, _ problem: ZipError.Problem) -> ZipError {
    ZipError(file: file, member: member, problem: problem)
  }
}

// MARK: The checks of a directory

extension ZipArchive {
  /// Whether a name stays inside the folder that an archive might be unpacked to.
  static func isSafe(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return !name.isEmpty && parts.first != "" && !parts.contains("..")
  }

  private static func members(of archive: OpaquePointer, file: String) throws -> [Member] {
    let count = zip_get_num_entries(archive, 0)
    return try (0..<max(count, 0)).map { index in
      var status = zip_stat_t()
      let wanted = UInt64(
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD
          | ZIP_STAT_ENCRYPTION_METHOD)
      guard zip_stat_index(archive, UInt64(index), 0, &status) == 0,
        status.valid & wanted == wanted, let name = status.name
      else {
        let reason = String(cString: zip_strerror(archive))
        throw ZipError(file: file, member: nil, problem: .malformed(reason))
      }
      return try member(String(cString: name), status, file: file)
    }
  }

  private static func member(_ name: String, _ status: zip_stat_t, file: String) throws -> Member {
    func fail(_ problem: ZipError.Problem) -> ZipError {
      ZipError(file: file, member: name, problem: problem)
    }
    guard isSafe(name) else { throw fail(.unsafeName) }
    let isStored = status.comp_method == ZIP_CM_STORE
    guard isStored || status.comp_method == ZIP_CM_DEFLATE,
      status.encryption_method == ZIP_EM_NONE
    else { throw fail(.unsupportedCompression(method: status.comp_method)) }
    guard !isStored || status.size == status.comp_size else {
      throw fail(.damaged("stored with two sizes"))
    }
    return Member(
      name: name, byteCount: status.size, compressedByteCount: status.comp_size, isStored: isStored)
  }

  private static func indices(of members: [Member], file: String) throws -> [String: Int] {
    var indices: [String: Int] = [:]
    for (index, member) in members.enumerated() {
      guard indices.updateValue(index, forKey: member.name) == nil else {
        throw ZipError(file: file, member: member.name, problem: .duplicateName)
      }
    }
    return indices
  }

  /// Refuses an archive whose members take more room than the file has: a bomb made of members that
  /// lie inside one another.
  private static func checkRoom(for members: [Member], url: URL) throws {
    var status = stat()
    guard stat(url.path, &status) == 0 else { throw FileError.unreadable(url, errno) }
    var room = UInt64(max(status.st_size, 0))
    for member in members {
      let header = UInt64(30 + member.name.utf8.count)
      let (needed, overflow) = member.compressedByteCount.addingReportingOverflow(header)
      guard !overflow, needed <= room else {
        throw ZipError(file: url.path, member: member.name, problem: .overlappingMembers)
      }
      room -= needed
    }
  }
}

/// What libzip says about one of its error codes.
func libzipReason(_ code: Int32) -> String {
  var error = zip_error_t()
  zip_error_init_with_code(&error, code)
  defer { zip_error_fini(&error) }
  return String(cString: zip_error_strerror(&error))
}
