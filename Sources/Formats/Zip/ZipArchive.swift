import CZip
import Foundation
import Synchronization

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
  /// The size of the archive.
  package let byteCount: Int
  private let indices: [String: Int]
  private let descriptor: ZipDescriptor
  private let handle: ZipHandle
  private let file: String

  /// Opens the archive at `url` and checks its directory.
  ///
  /// - Parameters:
  ///   - url: The archive.
  ///   - maximumMemberCount: The most members that are read; each takes some 500 bytes of memory.
  /// - Throws: `ZipError` for an archive that is cut short or inconsistent, has unsafe or duplicate
  ///   names, members that overlap or too many, or `FileError`.
  public init(contentsOf url: URL, maximumMemberCount: Int = 1 << 14) throws {
    file = url.path
    descriptor = try ZipDescriptor(url, maximumMemberCount: maximumMemberCount)
    byteCount = descriptor.byteCount
    try descriptor.checkMemberCount()
    handle = try ZipHandle(descriptor)
    members = try Self.members(of: handle.archive, in: descriptor)
    indices = try Self.indices(of: members, file: file)
    try Self.checkRoom(for: members, in: descriptor)
  }

  /// The contents of a member.
  ///
  /// - Parameters:
  ///   - name: The member's name.
  ///   - maximum: The largest size that is believed and allocated.
  /// - Returns: The contents, of which the checksum is right.
  /// - Throws: `ZipError` for a missing, too large or damaged member.
  public func bytes(of name: String, atMost maximum: Int) throws -> [UInt8] {
    let byteCount = try byteCount(of: name, atMost: maximum)
    return try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      let destination = UnsafeMutableRawBufferPointer(buffer)
      try read(name, into: UnsafeMutableRawBufferPointer(rebasing: destination[..<byteCount]))
      count = byteCount
    }
  }

  /// As `bytes(of:atMost:)`, in memory that can be shared.
  package func storage(of name: String, atMost maximum: Int) throws -> ByteStorage {
    try ByteStorage(byteCount: byteCount(of: name, atMost: maximum)) { try read(name, into: $0) }
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
    try handle.read(indices[name] ?? 0, name, into: destination)
  }

  /// Reads stored members on several threads, each from a handle of its own.
  ///
  /// What they take together is no more than the archive: `init` has compared them with its size.
  ///
  /// - Parameters:
  ///   - names: Members that are stored.
  ///   - finish: Is given each member's place in `names` and its contents to change them.
  /// - Returns: The contents in the order of `names`.
  /// - Throws: `ZipError` of the first of `names` that is missing, deflated or damaged.
  package func storages(
    ofStored names: [String],
    finish: @escaping @Sendable (Int, UnsafeMutableRawBufferPointer) -> Void
  ) throws -> [ByteStorage] {
    let chosen = try names.map { name in
      let member = try member(name)
      guard member.isStored else { throw error(name, .notStored) }
      return (index: indices[name] ?? 0, name: name, byteCount: Int(member.byteCount))
    }
    let total = chosen.reduce(0) { $0 + $1.byteCount }
    let handles =
      try [handle]
      + (1..<Self.threadCount(total)).map { _ in
        try ZipHandle(descriptor, isChecked: true)
      }
    let progress = Mutex(
      (next: 0, results: [Result<ByteStorage, any Error>?](names.map { _ in nil })))
    DispatchQueue.concurrentPerform(iterations: handles.count) { thread in
      while true {
        let place = progress.withLock { state in
          defer { state.next += 1 }
          return state.next
        }
        guard place < chosen.count else { return }
        let (index, name, byteCount) = chosen[place]
        let result = Result {
          try ByteStorage(byteCount: byteCount) { memory in
            try handles[thread].read(index, name, into: memory)
            finish(place, memory)
          }
        }
        progress.withLock { $0.results[place] = result }
      }
    }
    return try progress.withLock { try $0.results.compactMap { try $0?.get() } }
  }

  /// As many threads as the machine has, up to eight, but one for each few megabytes.
  private static func threadCount(_ byteCount: Int) -> Int {
    min(ProcessInfo.processInfo.activeProcessorCount, 8, byteCount >> 22 + 1)
  }

  private func byteCount(of name: String, atMost maximum: Int) throws -> Int {
    let declared = try member(name).byteCount
    guard declared <= UInt64(max(maximum, 0)) else {
      throw error(name, .tooLarge(declared: declared, maximum: maximum))
    }
    return Int(declared)
  }

  /// The directory's entry for `name`.
  ///
  /// - Throws: `ZipError.Problem.missing`.
  public func member(_ name: String) throws -> Member {
    guard let index = indices[name] else { throw error(name, .missing) }
    return members[index]
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

  private static func members(
    of archive: OpaquePointer, in descriptor: ZipDescriptor
  ) throws -> [Member] {
    let file = descriptor.file
    let count = zip_get_num_entries(archive, 0)
    guard count <= descriptor.maximumMemberCount else {
      throw ZipError(
        file: file, member: nil,
        problem: .tooManyMembers(
          found: UInt64(count), maximum: descriptor.maximumMemberCount))
    }
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

  /// What deflate makes of one byte at most: a match of 258 bytes takes two bits.
  private static let maximumRatio: UInt64 = 1032

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
    guard isStored || status.size / maximumRatio <= status.comp_size else {
      throw fail(
        .damaged("\(status.comp_size) deflated bytes cannot hold the declared \(status.size)"))
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
  private static func checkRoom(for members: [Member], in descriptor: ZipDescriptor) throws {
    var room = UInt64(descriptor.byteCount)
    for member in members {
      let header = UInt64(30 + member.name.utf8.count)
      let (needed, overflow) = member.compressedByteCount.addingReportingOverflow(header)
      guard !overflow, needed <= room else {
        throw ZipError(file: descriptor.file, member: member.name, problem: .overlappingMembers)
      }
      room -= needed
    }
  }
}
