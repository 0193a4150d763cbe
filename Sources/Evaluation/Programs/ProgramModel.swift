// M members, K classes.

import Foundation
import Runs
import Scoring
import Tensors

/// Somebody's program as a model, by version 1 of the protocol.
///
/// It reads `.npy` arrays of images, uint8 `[B, H, W, 3]`, from its standard input, and writes for each an
/// array of predictions, `[B, K]` or `[B, M, K]`, to its standard output.
package final class ProgramModel: Model {
  package let batchSize: Int
  private let process: ProgramProcess
  private let settings: Settings

  /// The version of the protocol.
  private static let protocolVersion = 1
  /// More members are taken for another axis.
  static let mostMembers = 10_000
  /// Seconds that a program has to end after its input has.
  static let endPatience = 30.0
  /// Seconds in which a shell says that there is no such program.
  private static let startPatience = 0.05

  /// What the answers of a program are checked against.
  package struct Settings: Sendable {
    /// The line for the shell.
    let command: String
    /// K, the number of classes that it answers.
    package let classCount: Int
    /// Those of them that are compared; nil for all.
    let outputs: [Int]?
    /// What it answers.
    let numbers: PredictionNumbers
    /// Seconds in which it has to do something.
    let patience: Int
    /// The threads that make images.
    let workers: Workers
    /// Asked while the program is waited for.
    let isInterrupted: @Sendable () -> Bool
    /// Told what a user should know.
    let warn: @Sendable (String) -> Void

    package init(
      command: String, classCount: Int, outputs: [Int]? = nil, numbers: PredictionNumbers,
      patience: Int, workers: Workers, isInterrupted: @escaping @Sendable () -> Bool = { false },
      warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
      self.command = command
      self.classCount = classCount
      self.outputs = outputs
      self.numbers = numbers
      self.patience = patience
      self.workers = workers
      self.isInterrupted = isInterrupted
      self.warn = warn
    }

    func error(_ problem: ProgramError.Problem, at place: String?) -> ProgramError {
      ProgramError(command: command, place: place, problem: problem)
    }
  }

  /// Starts the program.
  ///
  /// - Throws: `ProgramError` where it cannot be started.
  package init(_ settings: Settings, batchSize: Int) throws {
    self.settings = settings
    self.batchSize = batchSize
    do {
      process = try ProgramProcess(
        settings.command,
        environment: [
          "MIXMO_PROTOCOL": "\(Self.protocolVersion)", "MIXMO_CLASSES": "\(settings.classCount)",
        ])
    } catch {
      throw settings.error(.notStarted(error.code), at: nil)
    }
    if let end = process.waitForEnd(seconds: Self.startPatience), end.isOfMissingProgram {
      throw settings.error(.ended(end, messages: process.messages.lastLines()), at: nil)
    }
  }

  /// The command need not name what its script opens.
  package var mayHaveChanged: Bool { true }
  package var endsWithAnswers: Bool { true }

  package func answers(
    to next: @escaping @Sendable () throws -> ImageBatch?
  ) -> any ModelAnswers {
    ProgramAnswers(process, settings, next)
  }
}
