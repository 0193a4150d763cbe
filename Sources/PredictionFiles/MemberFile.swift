// N rows, M members, K classes.

import Formats
import Predictions
import Runs
import Scoring

/// A file of predictions that is turned into an array with a column for each class.
struct MemberFile {
  let file: GivenFile
  let isBinary: Bool
  let numbers: PredictionNumbers

  init(file: GivenFile, isBinary: Bool, _ numbers: PredictionNumbers) {
    (self.file, self.isBinary, self.numbers) = (file, isBinary, numbers)
  }

  /// The predictions `[N, M, K]`.
  ///
  /// - Throws: `PredictionChoiceError`, `PredictionFileError` or `NumPyError`.
  func array() throws -> PredictionArray {
    let shape = file.shape
    let isOneOutput = shape.count == 1 || 2...3 ~= shape.count && shape.last == 1
    guard isOneOutput == isBinary || shape.contains(0) else {
      throw PredictionChoiceError(
        file: file.url.path,
        problem: isBinary ? .severalOutputs(shape: shape) : .oneOutput(shape: shape))
    }
    if isBinary, !shape.contains(0) {
      return try binary(memberCount: shape.count == 3 ? shape[1] : 1)
    }
    switch file.numbers {
    case .array(let array): return try PredictionArray(array, as: numbers, file: file.url)
    case .table(let table):
      return PredictionArray(
        float64: table.values, classCount: table.columnCount, as: numbers, file: file.url)
    }
  }

  /// The two classes of a binary classifier.
  private func binary(memberCount: Int) throws -> PredictionArray {
    let values = try file.values()
    let isWrong = { (value: Double) in !(0...1 ~= value) }
    if numbers == .probabilities, let index = values.firstIndex(where: isWrong) {
      throw PredictionChoiceError(
        file: file.url.path,
        problem: .notProbability(row: index / memberCount, value: values[index]))
    }
    return PredictionArray(
      binary: values, memberCount: memberCount, as: numbers, file: file.url)
  }
}
