import Formats
import Foundation

/// One thing to look at, by itself.
struct VerificationCheck: Sendable {
  /// The path relative to the data folder.
  let path: String
  let url: URL
  /// The size that the file must have, in bytes.
  var byteCount: Int?
  /// The MD5 that the file is published with.
  var md5: String?
  /// Looks inside; what it throws is a problem of the file.
  var inspect: @Sendable (URL) throws -> Findings = { _ in Findings() }

  /// The bytes that are hashed.
  var hashedByteCount: Int { md5 == nil ? 0 : size ?? 0 }

  /// The size of a regular file.
  private var size: Int? {
    var status = stat()
    guard stat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// Looks; `advanced` is called with the bytes of each piece that is hashed.
  ///
  /// - Throws: what `advanced` throws.
  func run(advanced: (Int) throws -> Void) throws -> VerificationRecord {
    guard FileManager.default.fileExists(atPath: url.path) else {
      return VerificationRecord(path: path, status: .missing)
    }
    var findings = Findings()
    if let byteCount, size != byteCount {
      findings.problems.append(
        "expected \(byteCount) bytes, found \(size.map(String.init) ?? "no file")")
    }
    let found = try md5.map { try digest(expected: $0, advanced, &findings) } ?? nil
    do {
      let inside = try inspect(url)
      findings.imageCount = inside.imageCount
      findings.note = inside.note
      findings.problems += inside.problems.map(withoutPath)
    } catch {
      findings.problems.append(withoutPath("\(error)"))
    }
    return VerificationRecord(
      path: path, status: findings.problems.isEmpty ? .ok : .wrong, bytes: size,
      images: findings.imageCount, md5: found, note: findings.note,
      problem: findings.problems.isEmpty ? nil : findings.problems.joined(separator: "; "))
  }

  private func digest(
    expected: String, _ advanced: (Int) throws -> Void, _ findings: inout Findings
  ) throws -> String? {
    do {
      let found = try Digest(ofFiles: [url], algorithm: .md5, advanced: advanced).description
      if found != expected { findings.problems.append("expected MD5 \(expected), found \(found)") }
      return found
    } catch let error as FileError {
      findings.problems.append(withoutPath("\(error)"))
      return nil
    }
  }

  /// The line has the path already.
  private func withoutPath(_ text: String) -> String {
    for prefix in ["\(url.path): ", "\(url.path)/"] where text.hasPrefix(prefix) {
      return String(text.dropFirst(prefix.count))
    }
    return text
  }
}
