import Foundation
import Subprocess

/// A program that measures and prints a figure.
struct Program {
  let path: String
  /// Arguments before those of a case.
  var prefix: [String] = []

  /// What the program prints.
  ///
  /// - Throws: `ProgramFailure` if it does not end well.
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
}

/// A program that did not end well.
struct ProgramFailure: Error, CustomStringConvertible {
  let program: String
  let status: String
  let message: String

  var description: String { "\(program): \(status): \(message)" }
}

/// What `mixmo benchmark --json` prints.
struct Measurement: Decodable {
  let imagesPerSecond: Double
  /// Of direct convolutions, for an image.
  let operationsPerImage: Double
  /// Operations per second of the product kernel.
  let ceiling: Double

  enum CodingKeys: String, CodingKey {
    case imagesPerSecond = "images_per_second"
    case operationsPerImage = "operations_per_image"
    case ceiling
  }

  /// Direct-equivalent operations per second, as a share of the ceiling.
  var share: Double { imagesPerSecond * operationsPerImage / ceiling }
}
