import Foundation

/// Speaks to the user: results on standard output, everything else on standard error.
struct Terminal {
  let isQuiet: Bool
  let isJSON: Bool
  /// Whether another process of the job speaks.
  var isMute = Launch.rank > 0

  /// A line about what is going on.
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
  /// - Throws: what writing throws: a result must not be lost silently.
  func show(_ text: String) throws {
    guard !isMute else { return }
    try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
  }

  /// A result as one line of JSON.
  func show(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try show(String(decoding: encoder.encode(value), as: UTF8.self) + "\n")
  }

  private func write(_ text: String) {
    guard !isMute else { return }
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
