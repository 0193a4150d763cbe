import Formats
import Foundation

/// A check of one file or folder.
struct VerificationCheck: Sendable {
  /// The path relative to the data folder.
  let path: String
  let url: URL
  /// The size that the file must have, in bytes.
  var byteCount: Int?
  /// The MD5 that the file is published with.
  var md5: String?
  /// Checks the contents; an error that it throws is a problem of the file.
  var inspect: @Sendable (URL) throws -> Findings = { _ in Findings() }

  /// The number of bytes to hash.
  var hashedByteCount: Int { md5 == nil ? 0 : size ?? 0 }

  /// The size of the file in bytes; nil if it is not a regular file.
  private var size: Int? {
    var status = stat()
    guard stat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// Runs the check; `advanced` is called with the size of each piece that is hashed.
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

  /// The message without the path, which the line has already.
  private func withoutPath(_ text: String) -> String {
    for prefix in ["\(url.path): ", "\(url.path)/"] where text.hasPrefix(prefix) {
      return String(text.dropFirst(prefix.count))
    }
    return text
  }
}

/// The result of the check of one file or folder.
package struct VerificationRecord: Encodable, Equatable, Sendable {
  /// The path relative to the data folder.
  package let path: String
  package let status: Status
  /// The size of a file in bytes.
  package var bytes: Int?
  /// The number of images.
  package var images: Int?
  /// The MD5 of a file that has a published one.
  package var md5: String?
  /// A remark that is not a problem.
  package var note: String?
  /// All problems, separated by semicolons.
  package var problem: String?

  package enum Status: String, Encodable, Sendable {
    case ok, wrong, missing
  }

  /// The result as one line of text, which a terminal can show.
  package var line: String {
    let facts = [
      problem, images.map { "\($0) images" }, bytes.map(ByteCount.text),
      status == .ok && md5 != nil ? "MD5 as published" : nil, note,
    ]
    let text = facts.compactMap { $0 }.joined(separator: ", ")
    let name = status.rawValue.leftAligned(8)
    return (text.isEmpty ? "\(name) \(path)" : "\(name) \(path): \(text)")
      .withoutControlCharacters
  }
}

/// The result of a check of the contents of a file or folder.
struct Findings {
  var imageCount: Int?
  var note: String?
  var problems: [String] = []
}

/// The numbers of images of the classes.
enum ClassCounts {
  /// A problem that names the first class without `expected` images, if there is one.
  static func problems(
    _ counts: some Sequence<Int>, expected: Int, name: (Int) -> String = { "class \($0)" }
  ) -> [String] {
    counts.enumerated().first { $1 != expected }.map { index, count in
      ["expected \(expected) images of \(name(index)), found \(count)"]
    } ?? []
  }
}
