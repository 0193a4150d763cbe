import Formats
import Foundation

/// Moves the contents of an archive to their place: all or nothing.
struct Installation {
  let archive: PublishedArchive
  let data: URL

  var destination: URL { data.appendingPathComponent(archive.destination, isDirectory: false) }

  private var stagingPrefix: String { ".\(archive.fileName).unpacking-" }

  /// Whether the whole data set is in its place.
  var isComplete: Bool { archive.missingParts(in: destination).isEmpty }

  /// - Throws: `DownloadError.occupied` where something else is in the way.
  func checkPlace() throws {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: destination.path)) ?? []
    guard archive.sharesDestination || names.isEmpty else {
      throw DownloadError.occupied(
        destination, missing: archive.missingParts(in: destination))
    }
  }

  /// A new folder beside the destination, on the same disk.
  func makeStaging() throws -> URL {
    removeLeftovers()
    let folder = data.appendingPathComponent("\(stagingPrefix)\(getpid())")
    try FolderCreation.create(folder)
    return folder
  }

  /// Removes what killed runs left.
  private func removeLeftovers() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: data.path)) ?? []
    for name in names where name.hasPrefix(stagingPrefix) {
      try? FileManager.default.removeItem(at: data.appendingPathComponent(name))
    }
  }

  /// Moves what was unpacked into `staging` to its place.
  ///
  /// - Parameters:
  ///   - staging: The folder.
  ///   - source: The archive, for messages.
  ///   - replaces: Whether what is there makes room.
  /// - Throws: `DownloadError.incomplete` or `FileError.unwritable`.
  func install(_ staging: URL, from source: URL, replaces: Bool) throws {
    let contents = try contents(of: staging, source)
    try flush(staging)
    try FolderCreation.create(
      archive.sharesDestination ? destination : destination.deletingLastPathComponent())
    guard archive.sharesDestination else {
      return try move(contents, to: destination, replaces: replaces, staging)
    }
    let missing = Set(archive.missingParts(in: destination))
    for part in archive.parts where replaces || missing.contains(part.path) {
      try move(
        contents.appendingPathComponent(part.path),
        to: destination.appendingPathComponent(part.path), replaces: replaces, staging)
    }
  }

  /// The folder in `staging` that has every part.
  private func contents(of staging: URL, _ source: URL) throws -> URL {
    let places = archive.topFolders.map { staging.appendingPathComponent($0) } + [staging]
    let missing = places.map { archive.missingParts(in: $0) }
    guard let whole = missing.firstIndex(of: []) else {
      let least = missing.min { $0.count < $1.count } ?? []
      throw DownloadError.incomplete(archive: source, missing: least)
    }
    return places[whole]
  }

  /// Renames; what is there goes to the staging folder first and with it.
  private func move(_ folder: URL, to place: URL, replaces: Bool, _ staging: URL) throws {
    if replaces {
      let aside = staging.appendingPathComponent(".replaced-\(place.lastPathComponent)")
      guard rename(place.path, aside.path) == 0 || errno == ENOENT else {
        throw FileError.unwritable(place, errno)
      }
    }
    guard rename(folder.path, place.path) == 0 else { throw FileError.unwritable(place, errno) }
  }

  /// Sees to it that the files reach the disk before they get their names.
  private func flush(_ staging: URL) throws {
    let result = try ChildProgram("sync", debianPackage: "coreutils").run(
      ["--file-system", staging.path], output: { _ in }, tick: {})
    guard result.status == 0 else { throw FileError.unwritable(staging, EIO) }
  }
}
