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
  /// A file of whole images, but of another number of them than the published one, is a valid other
  /// file. One of as many images with another MD5 is damaged.
  ///
  /// - Throws: what `advanced` throws.
  func run(advanced: (Int) throws -> Void) throws -> VerificationRecord {
    guard FileManager.default.fileExists(atPath: url.path) else {
      return VerificationRecord(path: path, status: .missing)
    }
    var problems: [String] = []
    let found = md5 == nil ? nil : try digest(advanced, &problems)
    let inside = inspected()
    problems += inside.problems.map(withoutPath)
    let differences = sizeDifferences + inside.differences
    let isOther = problems.isEmpty && !differences.isEmpty && inside.imageCount != 0
    if let md5, let found, found != md5, !isOther {
      problems.insert("expected MD5 \(md5), found \(found)", at: 0)
    }
    if !isOther { problems = sizeDifferences + problems + inside.differences }
    return VerificationRecord(
      path: path, status: isOther ? .valid : problems.isEmpty ? .ok : .wrong, bytes: size,
      images: inside.imageCount, md5: found, note: inside.note,
      difference: isOther ? differences.joined(separator: "; ") : nil,
      problem: problems.isEmpty ? nil : problems.joined(separator: "; "))
  }

  /// That the file has another size than the published one.
  private var sizeDifferences: [String] {
    guard let byteCount, size != byteCount else { return [] }
    return ["expected \(byteCount) bytes, found \(size.map(String.init) ?? "no file")"]
  }

  private func inspected() -> Findings {
    do {
      return try inspect(url)
    } catch {
      return Findings(problems: ["\(error)"])
    }
  }

  private func digest(
    _ advanced: (Int) throws -> Void, _ problems: inout [String]
  ) throws -> String? {
    do {
      return try Digest(ofFiles: [url], algorithm: .md5, advanced: advanced).description
    } catch let error as FileError {
      problems.append(withoutPath("\(error)"))
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
  /// In what a valid file is not the published one, separated by semicolons.
  package var difference: String?
  /// All problems, separated by semicolons.
  package var problem: String?

  package enum Status: String, Encodable, Sendable {
    /// As published, as far as that is known.
    case ok
    /// Of the right form, but not the published file.
    case valid
    case wrong, missing
  }

  /// The result as one line of text, which a terminal can show.
  package var line: String {
    let facts = [
      difference.map { "not the published file: \($0)" }, problem, images.map { "\($0) images" },
      bytes.map(ByteCount.text), status == .ok && md5 != nil ? "MD5 as published" : nil, note,
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
  /// In what valid contents are not the published ones.
  var differences: [String] = []
  var problems: [String] = []
}

extension Findings {
  /// Notes the first class that has not as many images as it should have: a difference where there are
  /// other images than all of them, else a problem.
  ///
  /// - Parameters:
  ///   - counts: The number of images of each class.
  ///   - expected: That of each class of the published images.
  ///   - name: The name of a class.
  mutating func compare(
    _ counts: some Collection<Int>, expected: Int, name: (Int) -> String = { "class \($0)" }
  ) {
    guard let (index, count) = counts.enumerated().first(where: { $0.element != expected }) else {
      return
    }
    let text = "expected \(expected) images of \(name(index)), found \(count)"
    if counts.reduce(0, +) == expected * counts.count {
      problems.append(text)
    } else {
      differences.append(text)
    }
  }

  /// Counts images, and decodes them up to the first one that cannot be decoded.
  mutating func decode(_ count: Int, image: (Int) throws -> Void) {
    imageCount = count
    do {
      for index in 0..<count { try image(index) }
    } catch {
      problems.append("\(error)")
    }
  }
}
