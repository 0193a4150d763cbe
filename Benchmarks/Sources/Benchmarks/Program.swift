import Foundation
import Subprocess

/// A program that measures something and prints it.
struct Program {
  let path: String
  /// Arguments before those of a case.
  var prefix: [String] = []

  /// What the program prints.
  ///
  /// - Throws: `ProgramFailure` if it fails.
  func output(_ arguments: [String]) async throws -> String {
    let result = try await Subprocess.run(
      path.contains("/") ? .path(.init(path)) : .name(path),
      arguments: Arguments(prefix + arguments), output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20))
    guard result.terminationStatus.isSuccess else {
      throw ProgramFailure(
        program: path, status: "\(result.terminationStatus)", message: result.standardError)
    }
    return result.standardOutput
  }

  /// The number that an output begins with.
  func firstValue(in output: String) throws -> Double {
    guard let value = output.split(separator: " ").first.flatMap({ Double($0) }) else {
      throw ProgramFailure(program: name, status: "no number", message: output)
    }
    return value
  }

  /// The number before `unit` in an output.
  func value(before unit: String, in output: String) throws -> Double {
    let words = output.split(whereSeparator: \.isWhitespace)
    guard let index = words.firstIndex(of: unit[...]), index > 0,
      let value = Double(words[index - 1])
    else { throw ProgramFailure(program: name, status: "no number", message: output) }
    return value
  }

  private var name: String { ([path] + prefix).joined(separator: " ") }
}

/// A program that failed, or printed something else than was expected.
struct ProgramFailure: Error, CustomStringConvertible {
  let program: String
  let status: String
  let message: String

  var description: String { "\(program): \(status): \(message)" }
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
