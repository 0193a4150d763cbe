import Formats
import Foundation

/// A data set that could not be downloaded or installed.
package enum DownloadError: Error, CustomStringConvertible, Equatable {
  /// Another process works on the same archive.
  case busy(URL)
  /// The server says that there is no such file, or that we may not have it.
  case refused(address: String, reason: String)
  /// The file was not received in so many attempts; the last reason in curl's words.
  case unreachable(address: String, attempts: Int, reason: String)
  /// No address gave the archive; the error of each, the folder that the archive can be put in by
  /// hand, and its published MD5.
  case exhausted(file: String, tried: [DownloadError], folder: URL, md5: String)
  /// The file's MD5 is not the published one.
  case wrongDigest(source: String, expected: String, found: String)
  /// The disk of a folder has too little space; sizes in bytes.
  case notEnoughSpace(URL, needed: Int, available: Int)
  /// The archive has a member that it must not have.
  case unsafeMember(archive: URL, member: String, reason: String)
  /// The archive cannot be unpacked; the reason in tar's words.
  case damaged(archive: URL, reason: String)
  /// The archive lacks files of the data set.
  case incomplete(archive: URL, missing: [String])
  /// The data set's folder holds something that is not the whole data set.
  case occupied(URL, missing: [String])
  /// The user stopped the download; sizes in bytes.
  case interrupted(partial: URL, received: Int, total: Int?)
  /// The user stopped the check or the unpacking of the archive.
  case unpackingInterrupted(archive: URL)

  package var description: String {
    switch self {
    case .busy(let url):
      "\(url.path): another process is downloading or unpacking this archive; wait for it"
    case .refused(let address, let reason): "\(address): \(reason)"
    case .unreachable(let address, let attempts, let reason):
      "\(address): not received in \(attempts) attempts: \(reason)"
    case .exhausted(let file, let tried, let folder, let md5):
      tried.map(\.description).joined(separator: "; ")
        + "; run the same command to continue, name another server with --from, or get \(file) with "
        + "the MD5 \(md5) by hand, put it into \(folder.path), and run the same command"
    case .wrongDigest(let source, let expected, let found):
      "\(source): expected MD5 \(expected), found \(found)"
    case .notEnoughSpace(let url, let needed, let available):
      "\(url.path): \(ByteCount.text(needed)) needed, \(ByteCount.text(available)) free"
    case .unsafeMember(let archive, let member, let reason):
      "\(archive.path): member \"\(member)\": \(reason); nothing was unpacked"
    case .damaged(let archive, let reason):
      "\(archive.path): cannot be unpacked: \(reason)"
    case .incomplete(let archive, let missing):
      "\(archive.path): lacks \(missing.listed(limit: 5))"
    case .occupied(let url, let missing):
      "\(url.path): already there, but without \(missing.listed(limit: 5)); --force replaces it"
    case .interrupted(let partial, let received, let total):
      "stopped after \(ByteCount.text(received))"
        + (total.map { " of \(ByteCount.text($0))" } ?? "")
        + ", kept in \(partial.path); run the same command to continue"
    case .unpackingInterrupted(let archive):
      "stopped before \(archive.path) was unpacked; run the same command to continue"
    }
  }
}
