import Foundation

/// Writes files and folders whole or not at all: beside their place first, then renamed over it.
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

  /// Calls `fill` with a new folder beside `url`, then moves it to `url`, where nothing is yet.
  ///
  /// What `fill` wrote reaches the disk before the rename. On any failure the folder beside is
  /// removed; what a killed process left of one is removed by the next.
  ///
  /// - Throws: `FileError` naming `url`, or whatever `fill` throws.
  public static func makeFolder(_ url: URL, filling fill: (URL) throws -> Void) throws {
    let beside = url.deletingLastPathComponent()
      .appendingPathComponent(".\(url.lastPathComponent).partial")
    try? FileManager.default.removeItem(at: beside)
    do {
      try FolderCreation.create(beside)
      try fill(beside)
      // One flush of everything: thousands of small files would wait for one each.
      sync()
      guard rename(beside.path, url.path) == 0 else { throw FileError.unwritable(url, errno) }
    } catch {
      try? FileManager.default.removeItem(at: beside)
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
    try replace(url) { beside in try writeInPlace(beside, for: url, body) }
  }

  /// Writes `bytes` into the file `url` where it stands: for files of a folder that is being filled.
  ///
  /// - Throws: `FileError.unwritable`.
  public static func writeInPlace(_ bytes: [UInt8], to url: URL) throws {
    try writeInPlace(url, for: url) { stream in try bytes.withUnsafeBytes(stream.append) }
  }

  private static func writeInPlace(
    _ place: URL, for url: URL, _ body: (ByteStream) throws -> Void
  ) throws {
    let file = open(place.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw FileError.unwritable(url, errno) }
    defer { close(file) }
    try body(ByteStream(file: file, url: url))
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
  let file: Int32
  let url: URL

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
