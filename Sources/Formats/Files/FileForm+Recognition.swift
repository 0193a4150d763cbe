import Foundation

// How the forms of files are recognized. Text is looked at first: some marks of binary forms are
// letters, with which a text may begin.

extension FileForm {
  // MARK: Binary forms

  /// The form of a file that is no text.
  static func binary(_ bytes: [UInt8]) -> FileForm? {
    if bytes.starts(with: "PK".utf8) { return zip(bytes) }
    if bytes.count > 262, bytes[257..<262].elementsEqual("ustar".utf8) {
      return FileForm(.tar, "a tar archive", advice: "unpack it, and name a file in it")
    }
    if bytes.count > 8, bytes[8] == UInt8(ascii: "{"), bytes[4..<8].allSatisfy({ $0 == 0 }) {
      return FileForm(.safeTensors, "a safetensors file")
    }
    if bytes.starts(with: "}q".utf8) { return FileForm(.pickle, "a pickle") }
    if bytes.count > 1, bytes[0] == 0x80, 2...5 ~= bytes[1] {
      let isCheckpoint = bytes.starts(with: checkpointMark)
      return FileForm(.pickle, isCheckpoint ? "a PyTorch checkpoint" : "a pickle")
    }
    if bytes.allSatisfy({ $0 == 0 }) {
      return FileForm(.other, "only zero bytes", advice: "fetch or write it again")
    }
    return marks.first { bytes.dropFirst($0.offset).starts(with: $0.bytes) }?.form
  }

  /// The form of a file that begins with a mark that no text begins with.
  static func marked(_ bytes: [UInt8]) -> FileForm? {
    guard let first = bytes.first, first >= 0x80 else { return nil }
    return marks.first { $0.offset == 0 && bytes.starts(with: $0.bytes) }?.form
  }

  /// The head of the pickle that begins checkpoints of PyTorch before 1.6: its magic number.
  private static let checkpointMark: [UInt8] = [
    0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]

  /// The bytes that a form has at a fixed place.
  private struct Mark {
    let bytes: [UInt8]
    let offset: Int
    let form: FileForm

    /// A mark whose bytes are the code points of `text`.
    init(_ text: String, at offset: Int = 0, _ form: FileForm) {
      bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
      self.offset = offset
      self.form = form
    }

    init(_ text: String, at offset: Int = 0, _ name: String) {
      self.init(text, at: offset, FileForm(.other, name))
    }
  }

  private static let marks: [Mark] = [
    Mark("\u{93}NUMPY", FileForm(.numPyArray, "a NumPy array (.npy)")),
    Mark("\u{89}PNG", FileForm(.png, "a PNG image")),
    Mark("\u{FF}\u{D8}\u{FF}", FileForm(.jpeg, "a JPEG image")),
    Mark("\u{1F}\u{8B}", compressed("gzip", unpackedBy: "gunzip")),
    Mark("BZh", compressed("bzip2", unpackedBy: "bunzip2")),
    Mark("\u{FD}7zXZ", compressed("xz", unpackedBy: "unxz")),
    Mark("\u{28}\u{B5}\u{2F}\u{FD}", compressed("Zstandard", unpackedBy: "unzstd")),
    Mark("7z\u{BC}\u{AF}\u{27}\u{1C}", "a 7-Zip archive"),
    Mark("Rar!", "a RAR archive"),
    Mark("\u{89}HDF", "an HDF5 file"),
    Mark("PAR1", "a Parquet file"),
    Mark("ARROW1", "an Arrow file"),
    Mark("GGUF", "a GGUF model"),
    Mark("MATLAB 5", "a MATLAB file"),
    Mark("SQLite format 3", "an SQLite database"),
    Mark("%PDF", "a PDF"),
    Mark("GIF8", "a GIF image"),
    Mark("WEBP", at: 8, "a WebP image"),
    Mark("II*\u{0}", "a TIFF image"),
    Mark("MM\u{0}*", "a TIFF image"),
    Mark("\u{D0}\u{CF}\u{11}\u{E0}", "a spreadsheet of an office program"),
  ]

  private static func compressed(_ name: String, unpackedBy program: String) -> FileForm {
    FileForm(
      .compressed, "a file compressed by \(name)",
      advice: "unpack it, with \(program), or tar -xf if it is an archive")
  }

  /// A zip archive, which its first member tells more about.
  private static func zip(_ bytes: [UInt8]) -> FileForm? {
    guard bytes.count >= 4, [[3, 4], [5, 6], [7, 8]].contains(Array(bytes[2..<4])) else {
      return nil
    }
    let length = bytes.count > 30 ? Int(bytes[26]) + Int(bytes[27]) << 8 : 0
    let name = String(decoding: bytes.dropFirst(30).prefix(length), as: UTF8.self)
    if name.hasSuffix("/data.pkl") || name.hasSuffix("/byteorder") || name.hasSuffix("/version") {
      return FileForm(.zip, "a PyTorch checkpoint")
    }
    if name.hasSuffix(".npy") { return FileForm(.zip, "an archive of NumPy arrays (.npz)") }
    if name == "[Content_Types].xml" || name == "mimetype" {
      return FileForm(
        .zip, "a spreadsheet or document of an office program",
        advice: "save it as CSV in UTF-8")
    }
    return FileForm(.zip, "a zip archive", advice: "unpack it, and name a file in it")
  }

  // MARK: Text

  /// UTF-16 or UTF-32, by its mark or by the zero bytes between letters.
  static func wideText(_ bytes: [UInt8]) -> FileForm? {
    func form(_ name: String) -> FileForm {
      FileForm(
        .wideText, "\(name) text",
        advice: "save it as UTF-8, or convert it with iconv -f \(name) -t UTF-8")
    }
    if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
      return form("UTF-32")
    }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      return form("UTF-16")
    }
    let units = stride(from: 0, to: min(bytes.count, 16) - 1, by: 2).map {
      (bytes[$0], bytes[$0 + 1])
    }
    guard units.count > 1 else { return nil }
    if units.allSatisfy({ isText($0.0) && $0.1 == 0 }) { return form("UTF-16LE") }
    return units.allSatisfy({ $0.0 == 0 && isText($0.1) }) ? form("UTF-16BE") : nil
  }

  /// Whether a byte can be of text in UTF-8 or another code of 8 bits.
  private static func isText(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != 0x7F || 9...13 ~= byte
  }

  /// Text of 8 bits, and what is written in it; nil if it is no text.
  static func text(_ bytes: [UInt8]) -> FileForm? {
    let text = String(decoding: bytes.dropFirst(ByteOrderMark.length(in: bytes)), as: UTF8.self)
    let start = text.drop(while: \.isWhitespace)
    if let form = pointer(start) ?? webPage(start) ?? weightIndex(start) { return form }
    // A dictionary in protocol 0: a mark, the dictionary, its index in the memo.
    if start.prefixMatch(of: /\(dp[0-9]+\n/) != nil { return FileForm(.pickle, "a pickle") }
    guard bytes.allSatisfy(isText) else { return nil }
    return FileForm(.text, "text (\"\(start.prefix { !$0.isNewline }.prefix(60))\")")
  }

  private static func pointer(_ text: Substring) -> FileForm? {
    let versions = [
      "version https://git-lfs.", "version https://hawser.", "version http://git-media.",
    ]
    if versions.contains(where: text.hasPrefix) {
      let size = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("size ") }
      let count = size.flatMap { Int($0.dropFirst(5)) }.map { " of \($0) bytes" } ?? ""
      return FileForm(
        .pointer, "a Git LFS pointer to a file\(count)", advice: "fetch the file with git lfs pull")
    }
    guard text.hasPrefix("/annex/objects/") else { return nil }
    return FileForm(.pointer, "a pointer of git-annex", advice: "fetch the file with git annex get")
  }

  private static func webPage(_ text: Substring) -> FileForm? {
    let lowercase = text.lowercased()
    guard ["<!doctype", "<html", "<head", "<?xml", "<error"].contains(where: lowercase.hasPrefix)
    else { return nil }
    let title = content(of: "title", in: text) ?? content(of: "message", in: text)
    return FileForm(
      .webPage, "a web page" + (title.map { " (\"\($0)\")" } ?? ""),
      advice: "download the file again; its address may need a login or may have moved")
  }

  /// The text of the first element `name`, on one line.
  private static func content(of name: String, in text: Substring) -> String? {
    guard let start = text.range(of: "<\(name)", options: .caseInsensitive),
      let open = text[start.upperBound...].firstIndex(of: ">")
    else { return nil }
    let words = text[text.index(after: open)...].prefix { $0 != "<" }
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return words.isEmpty ? nil : String(words.prefix(80))
  }

  private static func weightIndex(_ text: Substring) -> FileForm? {
    guard text.first == "{", text.contains("\"weight_map\"") else { return nil }
    let names = text.split(separator: "\"").filter {
      [".safetensors", ".bin"].contains(where: $0.hasSuffix)
    }
    let files = Set(names.map(String.init)).sorted()
    return FileForm(
      .weightIndex, "the index of a model in several files (\(files.listed(limit: 3)))",
      advice: "join the files into one, with the program that wrote them")
  }
}
