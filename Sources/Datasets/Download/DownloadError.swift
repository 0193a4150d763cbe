import Foundation

/// A data set that could not be fetched or put in its place.
package enum DownloadError: Error, CustomStringConvertible, Equatable {
  /// A program is not in `PATH`; Debian's package of that name has it.
  case programMissing(String, package: String)
  /// Another process works on the same archive.
  case busy(URL)
  /// The server says that there is no such file, or not for us.
  case refused(address: String, reason: String)
  /// No whole transfer in so many attempts; the last reason in curl's words.
  case unreachable(address: String, attempts: Int, reason: String)
  /// Not the published bytes.
  case wrongDigest(source: String, expected: String, found: String)
  /// Bytes needed and available on the disk of a folder.
  case notEnoughSpace(URL, needed: Int, available: Int)
  /// The archive has a member that it must not have.
  case unsafeMember(archive: URL, member: String, reason: String)
  /// The archive cannot be unpacked; in the program's words.
  case damaged(archive: URL, reason: String)
  /// The archive lacks files of the data set.
  case incomplete(archive: URL, missing: [String])
  /// There is something in the data set's place that is not the whole data set.
  case occupied(URL, missing: [String])
  /// The user asked to stop while the archive was received; sizes in bytes.
  case interrupted(partial: URL, received: Int, total: Int?)
  /// The user asked to stop while the archive was checked or unpacked.
  case unpackingInterrupted(archive: URL)

  package var description: String {
    switch self {
    case .programMissing(let program, let package):
      "\(program): no such program in PATH; Debian's package \(package) has it"
    case .busy(let url):
      "\(url.path): another process is downloading or unpacking this archive; wait for it"
    case .refused(let address, let reason):
      "\(address): \(reason); --from names another server or a folder with the archive"
    case .unreachable(let address, let attempts, let reason):
      "\(address): not received in \(attempts) attempts: \(reason); the same command goes on"
    case .wrongDigest(let source, let expected, let found):
      "\(source): expected MD5 \(expected), found \(found)"
    case .notEnoughSpace(let url, let needed, let available):
      "\(url.path): \(ByteCount.text(needed)) needed, \(ByteCount.text(available)) free"
    case .unsafeMember(let archive, let member, let reason):
      "\(archive.path): member \"\(member)\": \(reason); nothing was unpacked"
    case .damaged(let archive, let reason):
      "\(archive.path): cannot be unpacked: \(reason)"
    case .incomplete(let archive, let missing):
      "\(archive.path): lacks \(Self.list(missing))"
    case .occupied(let url, let missing):
      "\(url.path): already there but without \(Self.list(missing)); --force replaces it"
    case .interrupted(let partial, let received, let total):
      "stopped after \(ByteCount.text(received))"
        + (total.map { " of \(ByteCount.text($0))" } ?? "")
        + ", kept in \(partial.path); the same command goes on"
    case .unpackingInterrupted(let archive):
      "stopped before \(archive.path) was unpacked; the same command goes on"
    }
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(5).joined(separator: ", ")
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
  }
}
