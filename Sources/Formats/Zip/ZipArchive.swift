import CZip
import Foundation
import Synchronization

/// A zip archive that is open for reading, through libzip.
///
/// Members are stored or deflated. Bytes after the end of the archive are passed over. Checksums are
/// verified on reading, except those of 0, which PyTorch writes where it computes none. Every declared
/// size is checked against the caller's limit before memory is allocated.
public final class ZipArchive {
  /// A file in an archive.
  public struct Member: Equatable, Sendable {
    /// The path in the archive, relative and without `..`.
    public let name: String
    /// The declared size of the contents in bytes.
    public let byteCount: UInt64
    /// The size in bytes that the contents take in the archive.
    public let compressedByteCount: UInt64
    /// Whether the contents are stored without compression.
    public let isStored: Bool
  }

  /// The members in the order of the archive's directory.
  public let members: [Member]
  /// The size of the archive in bytes.
  package let byteCount: Int
  private let indices: [String: Int]
  private let descriptor: ZipDescriptor
  private let handle: ZipHandle
  private let file: String

  /// Opens the archive at `url` and checks its directory.
  ///
  /// - Parameters:
  ///   - url: The archive.
  ///   - maximumMemberCount: The limit on members, which take about 500 bytes of memory each; by default
  ///     as many as the file has room for.
  /// - Throws: `ZipError` for an archive that is truncated or inconsistent, or has unsafe or duplicate
  ///   names, overlapping members or too many, or `FileError`.
  public init(contentsOf url: URL, maximumMemberCount: Int? = nil) throws {
    file = url.path
    descriptor = try ZipDescriptor(url, maximumMemberCount: maximumMemberCount)
    byteCount = descriptor.byteCount
    try descriptor.checkMemberCount()
    handle = try ZipHandle(descriptor)
    members = try handle.members()
    indices = Dictionary(uniqueKeysWithValues: zip(members.map(\.name), 0...))
  }

  /// The contents of a member.
  ///
  /// - Parameters:
  ///   - name: The member's name.
  ///   - maximum: The limit on the size in bytes.
  /// - Returns: The contents, whose checksum is correct.
  /// - Throws: `ZipError` for a missing, too large or damaged member.
  public func bytes(of name: String, atMost maximum: Int) throws -> [UInt8] {
    let byteCount = try byteCount(of: name, atMost: maximum)
    return try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      let destination = UnsafeMutableRawBufferPointer(buffer)
      try read(name, into: UnsafeMutableRawBufferPointer(rebasing: destination[..<byteCount]))
      count = byteCount
    }
  }

  /// As `bytes(of:atMost:)`, in memory that several values can share.
  package func storage(of name: String, atMost maximum: Int) throws -> ByteStorage {
    try ByteStorage(byteCount: byteCount(of: name, atMost: maximum)) { try read(name, into: $0) }
  }

  /// Reads the contents of a member into memory of exactly its size.
  ///
  /// - Throws: `ZipError` for a missing or damaged member, or one of another size.
  public func read(_ name: String, into destination: UnsafeMutableRawBufferPointer) throws {
    let member = try member(name)
    guard member.byteCount == UInt64(destination.count) else {
      throw error(
        name, .wrongByteCount(expected: destination.count, found: member.byteCount))
    }
    try handle.read(indices[name] ?? 0, name, into: destination)
  }

  /// The most bytes to which members may be inflated together: weights are compressed to half or less
  /// only where they are few or mostly zero.
  package var maximumInflatedByteCount: Int { 1 << 28 + 16 * byteCount }

  /// Reads members on several threads, each with its own handle.
  ///
  /// Together the stored members are no larger than the archive: `init` has checked that they do not
  /// overlap. The deflated ones are limited to `maximumInflatedByteCount`.
  ///
  /// - Parameters:
  ///   - names: Names of members, each once.
  ///   - finish: Called with each member's index in `names` and its contents, which it may change.
  /// - Returns: The contents in the order of `names`.
  /// - Throws: `ZipError` of the first of `names` that is missing, too large or damaged.
  package func storages(
    of names: [String],
    finish: @escaping @Sendable (Int, UnsafeMutableRawBufferPointer) -> Void
  ) throws -> [ByteStorage] {
    let chosen = try chosenMembers(names)
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
        let position = progress.withLock { state in
          defer { state.next += 1 }
          return state.next
        }
        guard position < chosen.count else { return }
        let (index, name, byteCount) = chosen[position]
        let result = Result {
          try ByteStorage(byteCount: byteCount) { memory in
            try handles[thread].read(index, name, into: memory)
            finish(position, memory)
          }
        }
        progress.withLock { $0.results[position] = result }
      }
    }
    return try progress.withLock { try $0.results.compactMap { try $0?.get() } }
  }

  /// Where the members of these names are.
  ///
  /// - Throws: as `storages(of:finish:)`.
  private func chosenMembers(
    _ names: [String]
  ) throws -> [(index: Int, name: String, byteCount: Int)] {
    var inflated = maximumInflatedByteCount
    return try names.map { name in
      let member = try member(name)
      if !member.isStored {
        guard member.byteCount <= UInt64(inflated) else {
          throw error(name, .tooLarge(declared: member.byteCount, maximum: inflated))
        }
        inflated -= Int(member.byteCount)
      }
      return (index: indices[name] ?? 0, name: name, byteCount: Int(member.byteCount))
    }
  }

  /// One thread for each 4 MiB, at most one for each processor and eight in all.
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

  /// The member of this name.
  ///
  /// - Throws: `ZipError.Problem.missing`.
  public func member(_ name: String) throws -> Member {
    guard let index = indices[name] else { throw error(name, .missing) }
    return members[index]
  }

  private func error(_ member: String, _ problem: ZipError.Problem) -> ZipError {
    ZipError(file: file, member: member, problem: problem)
  }

  /// Whether a name stays inside the folder that an archive is unpacked to.
  static func isSafe(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return !name.isEmpty && parts.first != "" && !parts.contains("..")
  }
}

/// A zip archive that cannot be read or written.
public struct ZipError: Error, Equatable, CustomStringConvertible {
  /// The archive.
  public let file: String
  /// The member at fault, if there is one.
  public let member: String?
  /// What is wrong.
  public let problem: Problem

  /// Creates an error.
  public init(file: String, member: String?, problem: Problem) {
    self.file = file
    self.member = member
    self.problem = problem
  }

  /// What can be wrong with an archive.
  public enum Problem: Equatable, Sendable {
    /// Not a zip archive, or an inconsistent one; libzip's message.
    case malformed(String)
    /// A name that is empty, absolute, or contains `..`.
    case unsafeName
    /// Two members of the same name.
    case duplicateName
    /// Members that need more bytes than the file has, so that they must overlap.
    case overlappingMembers
    /// More members than the reader allows.
    case tooManyMembers(found: UInt64, maximum: Int)
    /// No member of this name.
    case missing
    /// Neither stored nor deflated, or encrypted.
    case unsupportedCompression(method: UInt16)
    /// A declared size in bytes above the caller's limit.
    case tooLarge(declared: UInt64, maximum: Int)
    /// Data that is truncated, not valid deflate, or does not match its checksum.
    case damaged(String)
    /// More or fewer bytes than expected.
    case wrongByteCount(expected: Int, found: UInt64)
    /// The archive cannot be written; libzip's message.
    case unwritable(String)
  }

  public var description: String {
    "\(file): \(member.map { "\($0.oneLine): " } ?? "")\(problem.description)"
  }
}

extension ZipError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformed(let reason):
      "not a complete zip archive: \(reason); the file may be cut short, copy or download it again"
    case .unsafeName: "a member's name is empty, absolute or contains '..'"
    case .duplicateName: "two members have the same name"
    case .overlappingMembers: "the members overlap: together they are larger than the file"
    case .tooManyMembers(let found, let maximum): "\(found) members, at most \(maximum) are read"
    case .missing: "no such member"
    case .unsupportedCompression(let method):
      "compression method \(method) or encryption, expected stored or deflated"
    case .tooLarge(let declared, let maximum): "\(declared) bytes, at most \(maximum) are read here"
    case .damaged(let reason): "damaged: \(reason)"
    case .wrongByteCount(let expected, let found): "expected \(expected) bytes, found \(found)"
    case .unwritable(let reason): "cannot be written: \(reason)"
    }
  }
}
