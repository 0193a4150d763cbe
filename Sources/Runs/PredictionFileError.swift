import Formats
import Foundation
import Scoring

/// A file of predictions or labels that is not what it should be.
package struct PredictionFileError: Error, CustomStringConvertible, Equatable {
  package enum Problem: Sendable, Equatable {
    /// An array of another number of dimensions, or with nothing in it.
    case wrongShape(expected: String, found: [Int])
    /// Another number of labels than the predictions have rows.
    case wrongLabelCount(expected: Int, found: Int)
    /// Numbers that cannot be scored.
    case unusable(ScoringError)
  }

  package let file: String
  package let problem: Problem

  package init(file: String, problem: Problem) {
    self.file = file
    self.problem = problem
  }

  package var description: String { "\(file): \(message)".withoutControlCharacters }

  private var message: String {
    switch problem {
    case .wrongShape(let expected, let found): "expected shape \(expected), found \(found)"
    case .wrongLabelCount(let expected, let found):
      "expected \(expected) labels, one for each row of predictions, found \(found)"
    case .unusable(let error): "\(error)"
    }
  }
}

extension PredictionFileError {
  /// Calls `body`; where numbers cannot be scored, the error names the files at `place`.
  ///
  /// - Throws: `PredictionFileError` in place of `ScoringError`; what else `body` throws.
  package static func naming<Result>(
    _ place: String, _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch let error as ScoringError {
      throw PredictionFileError(file: place, problem: .unusable(error))
    }
  }
}
