import Formats
import Foundation
import Subprocess

/// The program gnuplot, where the system has it.
package struct GnuplotProgram: Sendable {
  /// What `gnuplot --version` says: `gnuplot 5.4 patchlevel 4`.
  package let version: String
  private let executable: Executable

  /// Looks for gnuplot; nil where it cannot be run.
  ///
  /// - Parameter path: The program's file; nil to look for it as the shell does.
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

  /// Nothing of the user's settings, which would change what is drawn.
  private static var environment: Environment {
    .inherit.updating([
      "LC_ALL": "C.UTF-8", "GNUTERM": "dumb", "GNUPLOT_LIB": nil, "GNUPLOT_FONTPATH": nil,
    ])
  }

  /// Runs `script` in `folder`, where it leaves its files.
  ///
  /// - Throws: `GnuplotError` with what the program said.
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

/// A figure that gnuplot did not draw.
package struct GnuplotError: Error, CustomStringConvertible {
  let message: String

  package var description: String {
    let lines = message.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
    return "gnuplot: " + (lines.last.map { String($0).oneLine } ?? "it failed and said nothing")
  }
}
