import Formats
import Foundation
import Scoring

/// What is wrong with somebody's program that should predict.
package struct ProgramError: Error, CustomStringConvertible, Equatable {
  /// The command, as it was given.
  package let command: String
  /// The cell and the batch that it was at; nil where it was at none.
  package let place: String?
  package let problem: Problem

  package enum Problem: Sendable, Equatable {
    /// The system does not start it.
    case notStarted(Int32)
    /// It ended before the last answer.
    case ended(ProgramEnd, messages: [String])
    /// It closed its output before the last answer.
    case closedOutput(messages: [String])
    /// It answers something that is no array, which begins like this.
    case noArray(beginning: String)
    /// It answers an array that cannot be read.
    case unreadable(NumPyError.Problem)
    /// It answers numbers of another type than three.
    case otherType(String)
    /// It answers an array of another shape than [B, K] or [B, M, K].
    case otherShape(expected: String, found: [Int])
    /// Its answer has another number of classes than the data set.
    case otherClasses(expected: Int, found: Int)
    /// Its answers change their members, classes or type.
    case changed(expected: String, found: String)
    /// Its answer has numbers that are not finite, the first in this row of the cell.
    case notFinite(count: Int, firstRow: Int)
    /// Its answer cannot be scored; rows count from this one of the cell.
    case unusable(ScoringError, firstRow: Int)
    /// Its answer is not what it should be, for this reason.
    case unsuitable(String)
    /// It answers a batch before it has read it.
    case early
    /// It does nothing for so many seconds; it may have read all of the batch.
    case silent(seconds: Int, hasRead: Bool)
    /// It answers more than it was asked.
    case unasked(beginning: String)
  }

  package var description: String {
    let place = place.map { ", at \($0)" } ?? ""
    return "--model \"\(command.oneLine)\"\(place): \(problem)"
  }
}

/// How a program ended.
package enum ProgramEnd: Sendable, Equatable, CustomStringConvertible {
  case exit(Int32)
  case signal(Int32)

  package var description: String {
    switch self {
    // So a shell tells that a signal ended what it started.
    case .exit(let code) where (129...160).contains(code):
      "exit code \(code), \(Self.name(ofSignal: code - 128))"
    case .exit(let code): "exit code \(code)"
    case .signal(let number): Self.name(ofSignal: number)
    }
  }

  private static func name(ofSignal number: Int32) -> String {
    "signal \(number) (\(String(cString: strsignal(number))))"
  }

  /// Whether the shell says that there is no such program, or that it cannot be run.
  package var isOfMissingProgram: Bool { self == .exit(126) || self == .exit(127) }
}

extension ProgramError.Problem: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notStarted(let code): "the system does not start it: \(String(cString: strerror(code)))"
    case .ended(let end, let messages):
      (end.isOfMissingProgram
        ? "the program cannot be started (\(end))" : "the program ended with \(end)")
        + Self.quoted(messages)
    case .closedOutput(let messages):
      "the program closed its standard output before its last answer" + Self.quoted(messages)
    case .noArray(let beginning):
      "expected a NumPy array on its standard output, found \"\(beginning)\"; write messages to "
        + "standard error"
    case .unreadable(let problem): "its answer: \(problem)"
    case .otherType(let found):
      "expected an answer of float16, float32 or float64, found \(found)"
    case .otherShape(let expected, let found):
      "expected an answer of shape \(expected), found \(found)"
    case .otherClasses(let expected, let found):
      "expected an answer of \(expected) classes, as the data set has, found \(found); give the images "
        + "of the model's classes, or all its classes with --class-order"
        + (found == 1000 ? " (imagenet for ImageNet's)" : "")
    case .changed(let expected, let found):
      "expected an answer of \(expected), as before, found \(found)"
    case .notFinite(let count, let row):
      "expected finite numbers, found \(count) that are NaN or infinite, the first in row \(row) of the "
        + "cell"
    case .unusable(let error, let row):
      "its answer, whose rows begin at row \(row) of the cell: \(error)"
    case .unsuitable(let reason): "its answer: \(reason)"
    case .early:
      "expected one answer to each batch, found an answer before the batch was read; write one array "
        + "for each array that is read, and nothing else"
    case .silent(let seconds, hasRead: true):
      "the program has read the batch and not answered it for \(seconds) s; it must write and flush an "
        + "answer to each batch before it gets the rest; give it longer with --patience"
    case .silent(let seconds, hasRead: false):
      "the program has neither read nor answered for \(seconds) s; give it longer with --patience"
    case .unasked(let beginning):
      "expected one answer to each batch, found more: \"\(beginning)\""
    }
  }

  private static func quoted(_ messages: [String]) -> String {
    guard !messages.isEmpty else { return ", with nothing on its standard error" }
    return "; the end of its standard error:"
      + messages.map { "\n  \($0.withoutControlCharacters)" }.joined()
  }
}
