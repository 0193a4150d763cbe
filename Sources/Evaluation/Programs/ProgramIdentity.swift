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
    let named = ShellWords(command).words.filter(Self.isReadableFile)
    let others = modelFiles.map(\.relativePath)
    files = (named + others).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    let digests = try files.map { name in
      (name, try Digest(ofFiles: [URL(fileURLWithPath: name)]).description)
    }
    record = RunRecord.Program(
      command: command, files: Dictionary(digests) { first, _ in first },
      answers: numbers.rawValue, batch: batchSize)
  }

  private static func isReadableFile(_ name: String) -> Bool {
    var status = stat()
    return stat(name, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && access(name, R_OK) == 0
  }

  /// The name of a run: that of the first file without its extension.
  package var runName: String {
    files.first.map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
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
    files.isEmpty
      ? [
        "--model: no word of the command names a file, so that another checkpoint would not be noticed; name "
          + "it with --model-file"
      ] : []
  }
}

/// The words of a line for the shell, without what it would expand.
package struct ShellWords {
  package private(set) var words: [String] = []
  private var word = ""
  private var quote: Character?

  /// Splits at spaces and operators outside quotes; of `--name=value` the value is a word as well.
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
      if !value.isEmpty { words.append(String(value)) }
    }
    word = ""
  }
}
