import Foundation

/// Files that change together: all of them, or none if one cannot be written.
///
/// One process at a time may write the files of a set; a lock beside them makes sure of it. A process
/// that is killed while it renames leaves whole files, some of them new.
package struct FileSet {
  private var files: [(url: URL, bytes: [UInt8])] = []
  private var removed: [URL] = []

  package init() {}

  /// Adds what `url` is to hold; nothing is written yet.
  package mutating func add(_ url: URL, _ bytes: [UInt8]) { files.append((url, bytes)) }

  /// Adds a text in UTF-8.
  package mutating func add(_ url: URL, _ text: String) { add(url, Array(text.utf8)) }

  /// Adds a file that is to be removed once all others are written.
  package mutating func remove(_ url: URL) { removed.append(url) }

  /// Writes all files beside their places, and then renames them; creates missing folders.
  ///
  /// - Throws: `FileError` naming the file and the system's reason, such as a full disk; nothing is
  ///   changed then, unless a file cannot be removed.
  package func write() throws {
    var folders: [URL] = []
    var staged: [StagedFile] = []
    do {
      for folder in Set(files.map { $0.url.deletingLastPathComponent() }).sorted(by: Self.isBefore)
      {
        if !FileManager.default.fileExists(atPath: folder.path) { folders.append(folder) }
        try FolderCreation.create(folder)
        StagedFile.removeLeftovers(in: folder)
      }
      for (url, bytes) in files { staged.append(try StagedFile(of: url, holding: bytes)) }
      try Self.install(staged)
    } catch {
      for file in staged { file.discard() }
      for folder in folders.reversed() { rmdir(folder.path) }
      throw error
    }
    for url in removed where unlink(url.path) != 0 && errno != ENOENT {
      throw FileError.unwritable(url, errno)
    }
  }

  private static func isBefore(_ first: URL, _ second: URL) -> Bool { first.path < second.path }

  /// Renames all files, those without a predecessor first: to replace a name takes no space, but to
  /// add one may, and can be undone.
  private static func install(_ staged: [StagedFile]) throws {
    let isReplacing = staged.map { FileManager.default.fileExists(atPath: $0.target.path) }
    let new = zip(staged, isReplacing).filter { !$1 }.map(\.0)
    let others = zip(staged, isReplacing).filter { $1 }.map(\.0)
    var added: [StagedFile] = []
    do {
      for file in new {
        try file.install()
        added.append(file)
      }
    } catch {
      for file in added { unlink(file.target.path) }
      throw error
    }
    for file in others { try file.install() }
  }
}

/// A file that is on the disk under another name.
private struct StagedFile {
  /// What errors name.
  let url: URL
  /// What `url` refers to, perhaps through links.
  let target: URL
  private let temporary: URL

  private static let suffix = ".staged"

  init(of url: URL, holding bytes: [UInt8]) throws {
    self.url = url
    target = try AtomicFile.target(of: url)
    temporary = target.deletingLastPathComponent()
      .appendingPathComponent(".\(target.lastPathComponent)\(Self.suffix)")
    unlink(temporary.path)
    do {
      try AtomicFile.writeNew(bytes, to: temporary, isSynchronized: true)
    } catch {
      unlink(temporary.path)
      guard case FileError.unwritable(_, let code) = error else { throw error }
      throw FileError.unwritable(url, code)
    }
  }

  func install() throws {
    guard rename(temporary.path, target.path) == 0 else { throw FileError.unwritable(url, errno) }
  }

  func discard() { unlink(temporary.path) }

  /// Removes what killed processes left.
  static func removeLeftovers(in folder: URL) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where name.hasPrefix(".") && name.hasSuffix(suffix) {
      unlink(folder.appendingPathComponent(name).path)
    }
  }
}
