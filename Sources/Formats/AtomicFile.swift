import Foundation

/// Writes files whole or not at all: beside their place first, then renamed over it.
public enum AtomicFile {
  /// Calls `write` with a path beside `url`, then moves what it wrote to `url`.
  ///
  /// The data reaches the disk before the rename. On any failure the file beside is removed and
  /// `url` is as it was. What a killed process left beside is removed by the next one.
  ///
  /// - Throws: `FileError` naming `url`, or whatever `write` throws.
  public static func replace(_ url: URL, writing write: (URL) throws -> Void) throws {
    let beside = url.deletingLastPathComponent()
      .appendingPathComponent(".\(url.lastPathComponent).partial")
    removeLeftovers(beside)
    do {
      try write(beside)
      try synchronise(beside, for: url)
      guard rename(beside.path, url.path) == 0 else { throw FileError.unwritable(url, errno) }
    } catch {
      removeLeftovers(beside)
      throw error
    }
  }

  /// Removes `beside`, and the files that a library made to write it.
  private static func removeLeftovers(_ beside: URL) {
    let (folder, name) = (beside.deletingLastPathComponent(), beside.lastPathComponent)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for leftover in names where leftover.hasPrefix(name) {
      unlink(folder.appendingPathComponent(leftover).path)
    }
  }

  /// Replaces `url` with what `body` appends to the stream that it is given.
  ///
  /// - Throws: `FileError.unwritable` naming `url` and the system's reason, such as a full disk,
  ///   or whatever `body` throws.
  public static func stream(to url: URL, _ body: (ByteStream) throws -> Void) throws {
    try replace(url) { beside in
      let file = open(beside.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      guard file >= 0 else { throw FileError.unwritable(url, errno) }
      defer { close(file) }
      try body(ByteStream(file: file, url: url))
    }
  }

  /// Replaces `url` with `bytes`.
  ///
  /// - Throws: `FileError.unwritable` naming `url` and the system's reason, such as a full disk.
  public static func write(_ bytes: some ContiguousBytes, to url: URL) throws {
    try stream(to: url) { stream in try bytes.withUnsafeBytes(stream.append) }
  }

  /// Replaces `url` with `text` in UTF-8.
  ///
  /// - Throws: as `write(_:to:)` of bytes.
  public static func write(_ text: String, to url: URL) throws {
    try write(Array(text.utf8), to: url)
  }

  private static func synchronise(_ beside: URL, for url: URL) throws {
    let file = open(beside.path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FileError.unwritable(url, errno) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw FileError.unwritable(url, errno) }
  }
}

/// The open end of a file that `AtomicFile.stream(to:_:)` is writing.
public struct ByteStream {
  fileprivate let file: Int32
  fileprivate let url: URL

  /// Writes all of `bytes` behind what was written before.
  ///
  /// - Throws: `FileError.unwritable` with the system's reason.
  public func append(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let written = write(file, rest.baseAddress, rest.count)
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw FileError.unwritable(url, errno) }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
  }
}
