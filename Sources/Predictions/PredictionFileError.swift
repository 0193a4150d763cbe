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
    /// Rows of other members, classes or type than those before.
    case otherRows(expected: String, found: String)
    /// Predictions whose axes are in another order than [rows, members, classes], of so many labels.
    case otherAxes(shape: [Int], labelCount: Int)
    /// Probabilities in percent, of one member where there are several.
    case percent(member: Int?)
    /// Soft labels of another shape than [images, classes], of which the latter may not be known.
    case softLabels(expected: [Int?], of: String, found: [Int])
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
    case .otherRows(let expected, let found):
      "expected rows of \(expected), as those before, found \(found)"
    case .otherAxes(let shape, let labelCount):
      "found shape \(shape) for \(labelCount) labels; expected "
        + (shape.count == 2
          ? "[rows, classes]: transpose it (array.T in NumPy)"
          : "[rows, members, classes]: move axis \(shape[1] == labelCount ? 1 : 2) to the front "
            + "(np.moveaxis(array, \(shape[1] == labelCount ? 1 : 2), 0) in NumPy)")
    case .percent(let member):
      "the rows\(member.map { " of member \($0)" } ?? "") sum to 100, so the numbers are percentages; "
        + "expected probabilities: divide them by 100"
    case .softLabels(let expected, let images, let found):
      "expected soft labels of shape "
        + "[\(expected.map { $0.map(String.init) ?? "classes" }.joined(separator: ", "))], a row for "
        + "\(images) and a column for each class, found \(found); give votes or probabilities of these "
        + "images, in their order"
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
