import Formats
import Foundation
import Runs
import Scoring

/// What makes somebody's program the one that it is: its command, and the files that the command names.
package struct ProgramIdentity: Sendable {
  package let record: RunRecord.Program
  /// The files by their names, those of the command first.
  package let files: [String]

  /// Reads the files.
  ///
  /// - Parameters:
  ///   - command: The line for the shell.
  ///   - modelFiles: Other files that decide its predictions.
  ///   - numbers: What it answers.
  ///   - batchSize: The images of a batch.
  /// - Throws: `FileError` where a model file cannot be read.
  package init(
    _ command: String, modelFiles: [URL], numbers: PredictionNumbers, batchSize: Int
  ) throws {
    let words = ShellWords(command)
    let named = (words.words + words.values).filter(Self.isReadableFile)
    let others = try modelFiles.flatMap(Self.files)
    files = (named + others).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    let digests = try files.map { name in
      (name, try Digest(ofFiles: [URL(fileURLWithPath: name)]).description)
    }
    record = RunRecord.Program(
      command: command, files: Dictionary(digests) { first, _ in first },
      answers: numbers.rawValue, batch: batchSize)
  }

  /// The file, or all files in a folder.
  private static func files(of url: URL) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder),
      isFolder.boolValue
    else { return [url.relativePath] }
    let paths = try FileManager.default.subpathsOfDirectory(atPath: url.path).sorted()
    return paths.map { "\(url.relativePath)/\($0)" }.filter(isReadableFile)
  }

  /// Whether a file is a program that runs others' scripts, such as a virtual environment's `python3`.
  private static func isInterpreter(_ name: String) -> Bool {
    let url = URL(fileURLWithPath: name)
    let names = [
      "bash", "dash", "env", "java", "julia", "node", "perl", "pypy", "python", "ruby", "sh",
    ]
    return names.contains(String(url.lastPathComponent.prefix { $0.isLetter }))
      && url.pathExtension.allSatisfy(\.isNumber)
  }

  /// The files that tell one model from another.
  private var ownFiles: [String] { files.filter { !Self.isInterpreter($0) } }

  private static func isReadableFile(_ name: String) -> Bool {
    var status = stat()
    return stat(name, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && access(name, R_OK) == 0
  }

  /// The name of a run: that of the first file without its extension.
  package var runName: String {
    ownFiles.first.map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
      ?? "program"
  }

  /// SHA-256 of what decides the predictions.
  package var fingerprint: String {
    let lines =
      [record.command, record.answers]
      + record.files.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return Digest(of: Array(lines.joined(separator: "\n").utf8)).description
  }

  /// What a user should know where no file tells one program from another.
  package var notes: [String] {
    ownFiles.isEmpty
      ? [
        "--model: no word of the command names a file, so that another checkpoint would not be noticed; name "
          + "it with --model-file"
      ] : []
  }
}

/// The words of a line for the shell, without what it would expand.
package struct ShellWords {
  package private(set) var words: [String] = []
  /// Those after the signs in `--name=value` and `NAME=value`.
  package private(set) var values: [String] = []
  private var word = ""
  private var quote: Character?

  /// Splits at spaces and operators outside quotes; it keeps values apart as well.
  package init(_ line: String) {
    var characters = line.makeIterator()
    while let character = characters.next() {
      switch (quote, character) {
      case (nil, "'"), (nil, "\""): quote = character
      case (let open?, _) where character == open: quote = nil
      case (nil, "\\"), ("\"", "\\"): if let next = characters.next() { word.append(next) }
      case (nil, _) where character.isWhitespace || ";&|()<>`".contains(character): end()
      default: word.append(character)
      }
    }
    end()
  }

  private mutating func end() {
    if !word.isEmpty { words.append(word) }
    if let sign = word.firstIndex(of: "=") {
      let value = word[word.index(after: sign)...]
      if !value.isEmpty { values.append(String(value)) }
    }
    word = ""
  }
}
