import Foundation

/// The text of files: UTF-8, with or without a byte order mark.
public enum FileText {
  /// Reads the text file at `url`.
  ///
  /// - Parameters:
  ///   - url: The file.
  ///   - limit: The largest size that is read, in bytes.
  ///   - expected: What the file should be, for messages, such as `a CSV table`.
  /// - Returns: The bytes without a byte order mark.
  /// - Throws: `FileError`, or `FileFormError` for UTF-16 and whatever else is recognizably not this
  ///   text, such as a web page or an archive.
  public static func bytes(
    of url: URL, limit: Int, expecting expected: String
  ) throws -> [UInt8] {
    try FileForm.naming(url, expecting: .init(expected, [.text, .empty])) {
      try text(in: try FileContents.read(url, limit: limit), file: url, expecting: expected)
    }
  }

  /// The text of the file at `url`, as `bytes(of:limit:expecting:)` reads it; what is not UTF-8
  /// becomes U+FFFD.
  ///
  /// - Throws: `FileError` or `FileFormError`.
  public static func read(
    _ url: URL, limit: Int, expecting expected: String
  ) throws -> String {
    String(decoding: try bytes(of: url, limit: limit, expecting: expected), as: UTF8.self)
  }

  /// The bytes of a text without its byte order mark.
  ///
  /// - Throws: `FileFormError` for what is recognizably not this text; `file` is named in it.
  public static func text(
    in bytes: [UInt8], file: URL, expecting expected: String
  ) throws -> [UInt8] {
    if let form = FileForm(startingWith: bytes), ![.text, .empty].contains(form.kind) {
      throw FileFormError(file: file.path, expected: expected, found: form)
    }
    let length = ByteOrderMark.length(in: bytes)
    return length == 0 ? bytes : Array(bytes[length...])
  }
}

/// The mark that some programs put before text in UTF-8.
enum ByteOrderMark {
  private static let bytes: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// The number of bytes that marks take at the head of a text: 0 without one.
  static func length(in text: some Collection<UInt8>) -> Int {
    var length = 0
    // Programs that join texts leave more than one.
    while text.dropFirst(length).starts(with: bytes) { length += bytes.count }
    return length
  }
}
