import Foundation

/// What was found about one file or folder of a data set.
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
  /// What a user should know although it is not wrong.
  package var note: String?
  /// What is wrong.
  package var problem: String?

  package enum Status: String, Encodable, Sendable {
    case ok, wrong, missing
  }

  /// A line for people.
  package var line: String {
    let facts = [
      problem, images.map { "\($0) images" }, bytes.map(ByteCount.text),
      status == .ok && md5 != nil ? "MD5 as published" : nil, note,
    ]
    let text = facts.compactMap { $0 }.joined(separator: ", ")
    let name = status.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)
    return text.isEmpty ? "\(name) \(path)" : "\(name) \(path): \(text)"
  }
}

/// What is known after looking into a file or folder.
struct Findings {
  var imageCount: Int?
  var note: String?
  var problems: [String] = []
}
