import Formats
import Foundation

/// Fetches a published archive, checks it, and unpacks it to its destination.
///
/// It can be stopped or killed at any moment and started again: the bytes that were received are
/// kept, and a data set appears as a whole. A data set that is replaced is moved aside part by
/// part: after a kill at that moment its old parts are in a hidden folder beside it, until the next
/// run succeeds.
package struct Downloader: Sendable {
  /// Where archives come from.
  package enum Source: Sendable, Equatable {
    /// The published address, then the mirrors.
    case published
    /// Another server; the file's name is appended.
    case mirror(String)
    /// A folder that holds the archive's file already.
    case folder(URL)
  }

  /// A step of a download.
  package enum Event: Sendable, Equatable {
    /// Bytes received and their total, if known.
    case receiving(Int, of: Int?)
    /// The connection broke; after `pause` seconds it is tried again.
    case retrying(reason: String, pause: Double)
    /// The next address is tried, because the one before did not give the archive.
    case trying(String, after: String)
    /// The received bytes are not the published ones; they are removed and received again.
    case startingOver(String)
    /// An archive that is there already is used.
    case using(URL)
    /// A file of the archive's name is there, but has another MD5.
    case ignoring(String)
    /// Bytes hashed and their total.
    case checking(Int, of: Int)
    /// Bytes unpacked and their total.
    case unpacking(Int, of: Int)
  }

  /// The result of a download.
  package enum Outcome: Sendable, Equatable {
    /// The data set was there before.
    case alreadyThere(URL)
    /// The data set is there now.
    case installed(URL)
  }

  package let archive: PublishedArchive
  package let data: URL
  package var source = Source.published
  /// Whether parts of the archive that are there already are replaced; other files stay.
  package var replaces = false
  /// Whether the received archive is kept, beside the data sets.
  package var keepsArchive = false
  package var patience = TransferPatience()

  /// A download to the folder `data`.
  package init(_ archive: PublishedArchive, data: URL) {
    self.archive = archive
    self.data = data
  }

  /// Receives, checks and unpacks what is missing.
  ///
  /// - Parameters:
  ///   - report: Called with each step, several times a second, from any thread.
  ///   - isInterrupted: Whether to stop; called several times a second, from any thread.
  /// - Returns: Where the data set is, and whether it was there before.
  /// - Throws: `DownloadError`, `ChildProgramError`, `FileError` or `ZipError`.
  package func run(
    report: @escaping @Sendable (Event) -> Void = { _ in },
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) async throws -> Outcome {
    let installation = Installation(archive: archive, data: data)
    if let outcome = try outcomeBefore(installation) { return outcome }
    try FolderCreation.create(data)
    let partial = try PartialFile(data.appendingPathComponent("\(archive.fileName).partial"))
    defer { if partial.byteCount == 0 { partial.remove() } }
    // Another process may have finished the same download before it released the lock.
    if let outcome = try outcomeBefore(installation) {
      partial.remove()
      return outcome
    }
    let steps = Steps(downloader: self, report: report, isInterrupted: isInterrupted)
    let file = try await steps.archiveFile(partial)
    try await steps.unpack(file, installation)
    try discard(partial, wasUsed: file == partial.url)
    return .installed(installation.destination)
  }

  private func outcomeBefore(_ installation: Installation) throws -> Outcome? {
    guard !replaces else { return nil }
    if installation.isComplete { return .alreadyThere(installation.destination) }
    try installation.checkDestination()
    return nil
  }

  private func discard(_ partial: PartialFile, wasUsed: Bool) throws {
    if wasUsed && keepsArchive {
      try partial.keep(as: data.appendingPathComponent(archive.fileName))
    } else {
      partial.remove()
    }
  }
}

/// The steps of a download, and the callbacks that they use.
private struct Steps: Sendable {
  let downloader: Downloader
  let report: @Sendable (Downloader.Event) -> Void
  let isInterrupted: @Sendable () -> Bool

  private var archive: PublishedArchive { downloader.archive }

  /// The archive's file with the published bytes: one that is there already, or else `partial`.
  func archiveFile(_ partial: PartialFile) async throws -> URL {
    if case .folder(let folder) = downloader.source {
      let url = folder.appendingPathComponent(archive.fileName)
      try checkSpace(received: archive.byteCount ?? 0)
      try requireDigest(of: url, named: url.path)
      report(.using(url))
      return url
    }
    let url = downloader.data.appendingPathComponent(archive.fileName)
    if FileManager.default.fileExists(atPath: url.path) {
      do {
        try requireDigest(of: url, named: url.path)
        report(.using(url))
        return url
      } catch let error as DownloadError {
        guard case .wrongDigest = error else { throw error }
        report(.ignoring("\(error)"))
      }
    }
    try await receive(partial)
    return partial.url
  }

  /// Receives the archive from the first address that gives it.
  private func receive(_ partial: PartialFile) async throws {
    try checkSpace(received: partial.byteCount)
    var tried: [DownloadError] = []
    for address in addresses {
      if let error = tried.last { report(.trying(address, after: "\(error)")) }
      do {
        try await receive(partial, from: address, isLast: tried.count == addresses.count - 1)
        return
      } catch let error as DownloadError {
        switch error {
        case .refused, .unreachable, .wrongDigest: tried.append(error)
        default: throw error
        }
        // The bytes of another address continue those that came, but not those of a web page.
        if Self.strangeForm(of: partial.url) != nil { try partial.empty() }
      }
    }
    throw DownloadError.exhausted(
      file: archive.fileName, tried: tried, folder: downloader.data, md5: archive.md5)
  }

  /// Receives what `partial` lacks from one address, and checks the whole.
  private func receive(_ partial: PartialFile, from address: String, isLast: Bool) async throws {
    var patience = downloader.patience
    // Another address is more likely to help than long patience.
    if !isLast { patience.pauses = Array(patience.pauses.prefix(2)) }
    let transfer = Transfer(
      address: address, byteCount: archive.byteCount, patience: patience,
      report: report, isInterrupted: isInterrupted)
    if partial.byteCount > archive.byteCount ?? .max { try partial.empty() }
    let isFresh = partial.byteCount == 0
    try await transfer.run(into: partial)
    do {
      try requireDigest(of: partial.url, named: address)
    } catch let error as DownloadError {
      guard case .wrongDigest = error else { throw error }
      try partial.empty()
      if isFresh && !isLast { throw error }
      report(.startingOver("\(error)"))
      try await transfer.run(into: partial)
      try requireFreshDigest(of: partial, named: address)
    }
  }

  private func requireFreshDigest(of partial: PartialFile, named address: String) throws {
    do {
      try requireDigest(of: partial.url, named: address)
    } catch let error as DownloadError {
      if case .wrongDigest = error { try partial.empty() }
      throw error
    }
  }

  private var addresses: [String] {
    guard case .mirror(let base) = downloader.source else { return archive.addresses }
    return [base.hasSuffix("/") ? base + archive.fileName : "\(base)/\(archive.fileName)"]
  }

  /// What a file is that no archive can begin as, such as a web page.
  private static func strangeForm(of url: URL) -> FileForm? {
    FileForm(contentsOf: url).flatMap {
      [.webPage, .pointer, .text, .wideText].contains($0.kind) ? $0 : nil
    }
  }

  private func checkSpace(received: Int) throws {
    let missing = archive.byteCount.map { max($0 - received, 0) } ?? 0
    let needed = missing.addingClamped(archive.unpackedByteCount ?? 0)
    try DiskSpace.require(needed, at: downloader.data)
  }

  /// - Throws: `DownloadError.wrongDigest`, or `FileError.unreadable`.
  private func requireDigest(of url: URL, named name: String) throws {
    var status = stat()
    let total = stat(url.path, &status) == 0 ? Int(status.st_size) : 0
    var done = 0
    let digest = try Digest(ofFiles: [url], algorithm: .md5) { count in
      done += count
      report(.checking(min(done, total), of: total))
      try checkInterruption(url)
    }
    guard digest.description == archive.md5 else {
      let form = Self.strangeForm(of: url).map { ", \($0.name)" } ?? ""
      throw DownloadError.wrongDigest(
        source: name, expected: archive.md5, found: digest.description + form)
    }
  }

  private func checkInterruption(_ url: URL) throws {
    if isInterrupted() { throw DownloadError.unpackingInterrupted(archive: url) }
  }

  /// Unpacks beside the destination, checks, and moves to it.
  func unpack(_ file: URL, _ installation: Installation) async throws {
    let staging = try installation.makeStaging()
    defer { try? FileManager.default.removeItem(at: staging) }
    let rules = MemberRules(archive: file, topFolders: archive.topFolders)
    @Sendable func checked(_ done: Int, _ total: Int) throws {
      report(.checking(done, of: total))
      try checkInterruption(file)
    }
    @Sendable func advanced(_ done: Int, _ total: Int) throws {
      report(.unpacking(done, of: total))
      try checkInterruption(file)
    }
    if archive.fileName.hasSuffix(".zip") {
      try ZipUnpacking(url: file, rules: rules, advanced: advanced).unpack(to: staging)
    } else {
      try await TarArchive(
        url: file, isCompressed: archive.fileName.hasSuffix(".gz"), rules: rules,
        checked: checked, advanced: advanced
      ).unpack(to: staging)
    }
    try await installation.install(staging, from: file, replaces: downloader.replaces)
  }
}
