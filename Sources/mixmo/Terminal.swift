import Formats
import Foundation

/// Speaks to the user: results on standard output, everything else on standard error.
struct Terminal {
  let isQuiet: Bool
  let isJSON: Bool
  /// Whether another process of the job speaks.
  var isMute: Bool { Launch.isMute }

  /// A line about progress.
  func say(_ text: String) {
    guard !isQuiet, !isMute else { return }
    Self.write(text.withoutControlCharacters + "\n", to: .standardError)
  }

  /// A line about something that deserves attention.
  func warn(_ text: String) {
    guard !isMute else { return }
    Self.write("warning: \(text.withoutControlCharacters)\n", to: .standardError)
  }

  /// A result.
  ///
  /// - Throws: `FileError.unwritable`: a result must not be lost silently.
  func show(_ text: String) throws {
    guard !isMute else { return }
    try Self.print(Self.plain(text))
  }

  /// A result as one line of JSON, with names in snake case.
  func show(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    guard !isMute else { return }
    try Self.print(String(decoding: encoder.encode(value), as: UTF8.self) + "\n")
  }

  // MARK: Streams

  /// Writes `text` to standard output, as it is.
  ///
  /// - Throws: `FileError.unwritable`.
  static func print(_ text: String) throws {
    let output = ByteStream(file: STDOUT_FILENO, url: URL(fileURLWithPath: "/dev/stdout"))
    try Array(text.utf8).withUnsafeBytes(output.append)
  }

  /// Writes `text` in one piece, so that messages of several processes do not mix.
  static func write(_ text: String, to stream: FileHandle) {
    try? stream.write(contentsOf: Data(plain(text).utf8))
  }

  /// The text with its line breaks, but without other control characters: names from hostile files
  /// must not move the cursor.
  private static func plain(_ text: String) -> String {
    text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      .map { String($0).withoutControlCharacters }.joined(separator: "\n")
  }
}
