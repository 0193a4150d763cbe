import Formats
import Foundation
import Subprocess

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
  private let executable: Executable

  /// Looks for gnuplot; nil where it cannot be run.
  ///
  /// - Parameter path: The program's file; nil to search `PATH`.
  package init?(path: String? = nil) async {
    executable = path.map { .path(.init($0)) } ?? .name("gnuplot")
    let answer = try? await run(
      executable, arguments: ["--version"], environment: Self.environment,
      output: .string(limit: 1 << 10))
    guard let answer, answer.terminationStatus.isSuccess,
      answer.standardOutput.hasPrefix("gnuplot")
    else { return nil }
    version = answer.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The user's environment without settings that change what gnuplot draws.
  private static var environment: Environment {
    .inherit.updating([
      "LC_ALL": "C.UTF-8", "GNUTERM": "dumb", "GNUPLOT_LIB": nil, "GNUPLOT_FONTPATH": nil,
    ])
  }

  /// Runs `script` in `folder`, where it writes its files.
  ///
  /// - Throws: `GnuplotError` with what the program printed.
  package func draw(_ script: String, in folder: URL) async throws {
    let answer = try await run(
      executable, arguments: ["-d", "-"], environment: Self.environment,
      workingDirectory: .init(folder.path), input: .string(script), output: .discarded,
      error: .string(limit: 1 << 16))
    guard answer.terminationStatus.isSuccess else {
      throw GnuplotError(message: answer.standardError)
    }
  }
}

/// A figure that gnuplot failed to draw.
package struct GnuplotError: Error, CustomStringConvertible {
  /// The program's standard error.
  let message: String

  package var description: String {
    let lines = message.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
    return "gnuplot: " + (lines.last.map { String($0).oneLine } ?? "it failed without a message")
  }
}
