import Foundation

/// Immutable bytes: a memory-mapped file, memory of its own, or a part of another object's memory.
package final class ByteStorage: @unchecked Sendable {
  /// The bytes, valid while this object lives; `withBytes` guarantees that.
  package let bytes: UnsafeRawBufferPointer
  private let backing: Backing

  private enum Backing {
    case mapping
    case memory
    case owner(AnyObject)
  }

  private static let alignment = 64

  /// Maps the regular file at `url`; its pages are read on first access.
  ///
  /// The file must not be truncated while it is mapped: the system ends a process that accesses a
  /// page beyond the end. Replacing the file by a rename is harmless.
  ///
  /// - Throws: `FileError.unreadable`.
  package init(mapping url: URL) throws {
    let file = try RegularFile(url)
    backing = .mapping
    bytes =
      file.byteCount > 0 ? try file.map() : UnsafeRawBufferPointer(start: nil, count: 0)
  }

  /// Allocates `byteCount` bytes, 64-byte aligned; `fill` must write all of them.
  ///
  /// - Throws: What `fill` throws.
  package init(
    byteCount: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: byteCount, alignment: Self.alignment)
    backing = .memory
    bytes = UnsafeRawBufferPointer(memory)
    Self.adviseLargePages(memory)
    try fill(memory)
  }

  /// Asks for pages of 2 MiB where the system gives them on request: filling new memory then takes
  /// half the time.
  private static func adviseLargePages(_ memory: UnsafeMutableRawBufferPointer) {
    guard memory.count >= largePage, let start = memory.baseAddress else { return }
    let first = start.alignedUp(toMultipleOf: pageSize)
    madvise(first, memory.count - (first - start), MADV_HUGEPAGE)
  }

  private static let largePage = 1 << 21
  private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

  /// Copies `source`.
  package convenience init(copying source: UnsafeRawBufferPointer) {
    self.init(byteCount: source.count) { $0.copyMemory(from: source) }
  }

  /// Refers to `bytes`, which `owner` keeps valid and unchanged.
  package init(_ bytes: UnsafeRawBufferPointer, ownedBy owner: AnyObject) {
    self.bytes = bytes
    backing = .owner(owner)
  }

  /// Copies `source` into a file without a name, which is mapped: the system takes its pages out of memory
  /// where others need it, and the file is gone with this object, or with the process.
  ///
  /// - Throws: `FileError.unwritable` naming a file in the folder for temporary files.
  package init(inTemporaryFile source: UnsafeRawBufferPointer) throws {
    let name = "mixmo-\(UUID().uuidString)"
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(name)
    let file = open(url.path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw FileError.unwritable(url, errno) }
    defer { close(file) }
    unlink(url.path)
    try ByteStream(file: file, url: url).append(source)
    var start: UnsafeMutableRawPointer?
    if !source.isEmpty {
      start = mmap(nil, source.count, PROT_READ, MAP_PRIVATE, file, 0)
      guard start != MAP_FAILED else { throw FileError.unwritable(url, errno) }
    }
    backing = .mapping
    bytes = UnsafeRawBufferPointer(start: start, count: source.count)
  }

  /// Whether the bytes are those of a mapped file.
  package var isMapped: Bool {
    switch backing {
    case .mapping: true
    case .memory: false
    case .owner(let owner): (owner as? ByteStorage)?.isMapped ?? false
    }
  }

  /// Calls `body` with the bytes, which are valid until it returns.
  package func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(self) { try body(bytes) }
  }

  deinit {
    switch backing {
    case .mapping: if let start = bytes.baseAddress { unmap(start) }
    case .memory: bytes.deallocate()
    case .owner: break
    }
  }

  private func unmap(_ start: UnsafeRawPointer) {
    munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
  }
}
