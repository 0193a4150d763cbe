import Formats
import Foundation

/// Speaks to the user: results on standard output, everything else on standard error.
struct Terminal {
  let isQuiet: Bool
  let isJSON: Bool
  /// Whether another process of the job speaks.
  var isMute = Launch.rank > 0

  /// A line about progress.
  func say(_ text: String) {
    guard !isQuiet else { return }
    write(text + "\n")
  }

  /// A line about something that deserves attention.
  func warn(_ text: String) {
    write("warning: \(text)\n")
  }

  /// A result.
  ///
  /// - Throws: `FileError.unwritable`: a result must not be lost silently.
  func show(_ text: String) throws {
    guard !isMute else { return }
    let output = ByteStream(file: STDOUT_FILENO, url: URL(fileURLWithPath: "/dev/stdout"))
    try Array(text.utf8).withUnsafeBytes(output.append)
  }

  /// A result as one line of JSON, with names in snake case.
  func show(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    try show(String(decoding: encoder.encode(value), as: UTF8.self) + "\n")
  }

  /// Names from hostile files must not move the cursor.
  private func write(_ text: String) {
    guard !isMute else { return }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let shown = lines.map { String($0).withoutControlCharacters }.joined(separator: "\n")
    try? FileHandle.standardError.write(contentsOf: Data(shown.utf8))
  }
}
