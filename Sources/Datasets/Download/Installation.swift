import Formats
import Foundation
import Processes

/// Moves the contents of an archive to their destination: all or nothing, and nothing else is
/// touched.
struct Installation {
  let archive: PublishedArchive
  let data: URL

  var destination: URL { data.appendingPathComponent(archive.destination, isDirectory: false) }

  private var stagingPrefix: String { ".\(archive.fileName).unpacking-" }
  private var replacedPrefix: String { ".\(archive.fileName).replaced-" }

  /// Whether the whole data set is at its destination.
  var isComplete: Bool { archive.missingParts(in: destination).isEmpty }

  /// - Throws: `DownloadError.occupied` if the destination holds something else.
  func checkDestination() throws {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: destination.path)) ?? []
    guard archive.sharesDestination || names.isEmpty else {
      throw DownloadError.occupied(
        destination, missing: archive.missingParts(in: destination))
    }
  }

  /// A new folder beside the destination, on the same disk.
  func makeStaging() throws -> URL {
    removeFolders(stagingPrefix)
    let folder = data.appendingPathComponent("\(stagingPrefix)\(getpid())")
    try FolderCreation.create(folder)
    return folder
  }

  /// Removes the folders that this run or killed ones left.
  private func removeFolders(_ prefix: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: data.path)) ?? []
    for name in names where name.hasPrefix(prefix) {
      try? FileManager.default.removeItem(at: data.appendingPathComponent(name))
    }
  }

  /// Moves what was unpacked into `staging` to its destination.
  ///
  /// - Parameters:
  ///   - staging: The folder.
  ///   - source: The archive, for messages.
  ///   - replaces: Whether parts that are there already are replaced.
  /// - Throws: `DownloadError.incomplete`, `FileError.unwritable` or `ChildProgramError`.
  func install(_ staging: URL, from source: URL, replaces: Bool) async throws {
    let contents = try contents(of: staging, source)
    try await flush(staging)
    try FolderCreation.create(
      archive.sharesDestination ? destination : destination.deletingLastPathComponent())
    try move(moves(from: contents, replaces: replaces), replaces: replaces)
  }

  /// The moves to make: a single one if there is nothing at the destination.
  private func moves(from contents: URL, replaces: Bool) throws -> [Move] {
    let names: [String]
    if archive.sharesDestination {
      let missing = Set(archive.missingParts(in: destination))
      names = archive.parts.map(\.path).filter { replaces || missing.contains($0) }
    } else {
      var isFolder: ObjCBool = false
      let isThere = FileManager.default.fileExists(
        atPath: destination.path, isDirectory: &isFolder)
      guard replaces, isThere, isFolder.boolValue else {
        return [Move(from: contents, to: destination)]
      }
      // Users keep files of their own beside those of the archive.
      names = try FileManager.default.contentsOfDirectory(atPath: contents.path).sorted()
    }
    return names.map {
      Move(from: contents.appendingPathComponent($0), to: destination.appendingPathComponent($0))
    }
  }

  /// The folder in `staging` that has every part.
  private func contents(of staging: URL, _ source: URL) throws -> URL {
    let folders = archive.topFolders.map { staging.appendingPathComponent($0) } + [staging]
    let missing = folders.map { archive.missingParts(in: $0) }
    guard let whole = missing.firstIndex(of: []) else {
      let least = missing.min { $0.count < $1.count } ?? []
      throw DownloadError.incomplete(archive: source, missing: least)
    }
    return folders[whole]
  }

  /// The renaming of a file or folder.
  private struct Move {
    let from: URL
    let to: URL

    func make() throws {
      guard rename(from.path, to.path) == 0 else { throw FileError.unwritable(to, errno) }
    }
  }

  /// Makes all moves or none; what they replace is removed after the last one.
  private func move(_ moves: [Move], replaces: Bool) throws {
    // Not in the staging folder, which is removed: what cannot be moved back must stay.
    let aside = data.appendingPathComponent("\(replacedPrefix)\(getpid())")
    if replaces { try FolderCreation.create(aside) }
    var made: [Move] = []
    func make(_ move: Move) throws {
      try move.make()
      made.append(move)
    }
    do {
      for (index, move) in moves.enumerated() {
        if replaces && isThere(move.to) {
          try make(Move(from: move.to, to: aside.appendingPathComponent("\(index)")))
        }
        try make(move)
      }
    } catch {
      for move in made.reversed() { rename(move.to.path, move.from.path) }
      rmdir(aside.path)
      throw error
    }
    removeFolders(replacedPrefix)
  }

  /// Whether there is anything of that name, even a link whose target is missing.
  private func isThere(_ url: URL) -> Bool {
    var status = stat()
    return lstat(url.path, &status) == 0
  }

  /// Writes the files to the disk before they get their names.
  private func flush(_ staging: URL) async throws {
    let result = try await ChildProgram("sync", debianPackage: "coreutils").run(
      ["--file-system", staging.path])
    guard result.status == 0 else { throw FileError.unwritable(staging, EIO) }
  }
}
