import Formats
import Foundation
import Processes

/// Text and numbers in gnuplot's language.
enum Gnuplot {
  /// Text as a string literal, without characters that mean something to gnuplot.
  static func quoted(_ text: String) -> String { "'\(plain(text))'" }

  /// Text as a field of a data block, of at most `limit` characters.
  static func plain(_ text: String, limit: Int = 60) -> String {
    let shown = text.count > limit ? text.prefix(max(limit - 1, 0)) + "…" : text[...]
    return String(shown.map { isPlain($0) ? $0 : "·" })
  }

  private static func isPlain(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || " _-+.,:;()/=%#<>&*…".contains(character)
  }

  /// Whether a number can be drawn: gnuplot takes larger ones as undefined, or its axes overflow.
  static func isDrawn(_ number: Double?) -> Bool { number.map { abs($0) < 1e300 } ?? false }

  /// A number as a field of a data block; NaN, which gnuplot skips, where it cannot be drawn.
  static func field(_ number: Double?) -> String {
    guard let number, isDrawn(number) else { return "NaN" }
    return "\(number)"
  }
}

/// The program gnuplot, where it is installed.
package struct GnuplotProgram: Sendable {
  /// What `gnuplot --version` prints, such as `gnuplot 5.4 patchlevel 4`.
  package let version: String
  /// Its file.
  package var url: URL { program.url }
  private let program: ChildProgram

  /// Looks for gnuplot; nil where there is none, or where it does not work.
  ///
  /// - Parameter path: The program's file; nil to search `PATH`.
  /// - Throws: `ChildStartError` where the system refuses to start any program.
  package init?(path: String? = nil) async throws {
    guard let program = try? ChildProgram(path ?? "gnuplot", debianPackage: "gnuplot-nox") else {
      return nil
    }
    var answer: [UInt8] = []
    let result: ChildProgram.Result
    do {
      result = try await program.run(["--version"], environment: Self.environment) { answer += $0 }
    } catch is FileError {
      return nil
    }
    let text = String(decoding: answer, as: UTF8.self)
    guard result.status == 0, text.hasPrefix("gnuplot") else { return nil }
    self.program = program
    version = text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// What differs from the user's environment: no settings that change what gnuplot draws.
  private static let environment: [String: String?] = [
    "LC_ALL": "C.UTF-8", "GNUTERM": "dumb", "GNUPLOT_LIB": nil, "GNUPLOT_FONTPATH": nil,
  ]

  /// Runs `script` in `folder`, where it writes its files.
  ///
  /// - Throws: `GnuplotError` with what the program printed, or `FileError` or
  ///   `ChildStartError` if it cannot be started.
  package func draw(_ script: String, in folder: URL) async throws {
    let result = try await program.run(
      ["-d", "-"], in: folder, environment: Self.environment, input: .bytes(Array(script.utf8)))
    guard result.status == 0 else { throw GnuplotError.failed(result.messages) }
  }
}

/// A figure that gnuplot failed to draw.
package enum GnuplotError: Error, CustomStringConvertible, Equatable {
  /// The program failed; the last part of its standard error.
  case failed(String)
  /// The program left a file that is not a whole one of its format.
  case incomplete(URL, String, byteCount: Int)

  package var description: String {
    switch self {
    case .failed(let message):
      let lines = message.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
      return "gnuplot: " + (lines.last.map { String($0).oneLine } ?? "it failed without a message")
    case .incomplete(let url, let format, let byteCount):
      return
        "\(url.path.withoutControlCharacters): expected a whole \(format) file of gnuplot, found "
        + "\(byteCount) bytes; the disk may be full"
    }
  }
}
