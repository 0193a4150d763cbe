import Formats
import Foundation
import Scoring

/// A file of predictions or labels that is not what it should be.
package struct PredictionFileError: Error, CustomStringConvertible, Equatable {
  package enum Problem: Sendable, Equatable {
    /// Neither .npy, .npz, .csv nor .txt.
    case unknownForm
    /// An archive of several arrays, none of them of a name that tells which is meant.
    case noSuchArray(expected: [String], found: [String])
    /// An array of another number of dimensions, or with nothing in it.
    case wrongShape(expected: String, found: [Int])
    /// A line that does not hold what it should; lines count from 1.
    case wrongLine(Int, expected: String, found: String)
    /// A label that is no whole number; rows count from 0.
    case notWhole(row: Int, value: Float)
    /// Another number of labels than the predictions have rows.
    case wrongLabelCount(expected: Int, found: Int)
    /// Numbers that cannot be scored.
    case unusable(ScoringError)
    /// A file without a line.
    case empty
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
    case .unknownForm: "expected a file named .npy, .npz, .csv or .txt"
    case .noSuchArray(let expected, let found):
      "expected one array, or one named \(expected.joined(separator: " or ")); found "
        + (found.isEmpty ? "none" : found.listed())
    case .wrongShape(let expected, let found): "expected shape \(expected), found \(found)"
    case .wrongLine(let line, let expected, let found):
      "line \(line): expected \(expected), found \(found)"
    case .notWhole(let row, let value): "row \(row): expected a class index, found \(value)"
    case .wrongLabelCount(let expected, let found):
      "expected \(expected) labels, one for each row of predictions, found \(found)"
    case .unusable(let error): "\(error)"
    case .empty: "expected at least one line, found none"
    }
  }
}
