// N rows, M members, K classes.

import Formats
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

  /// The two classes of a binary classifier: a logit z becomes (0, z), a probability p (1 − p, p).
  private func binary(memberCount: Int) throws -> PredictionArray {
    let values = try file.values()
    let isWrong = { (value: Double) in !(0...1 ~= value) }
    if numbers == .probabilities, let index = values.firstIndex(where: isWrong) {
      throw PredictionChoiceError(
        file: file.url.path,
        problem: .notProbability(row: index / memberCount, value: values[index]))
    }
    let members = (0..<memberCount).map { member in
      let pairs = stride(from: member, to: values.count, by: memberCount).flatMap { index in
        numbers == .probabilities ? [1 - values[index], values[index]] : [0.0, values[index]]
      }
      return PredictionArray(float64: pairs, classCount: 2, as: numbers, file: file.url)
    }
    return members.count == 1 ? members[0] : PredictionArray(interleaving: members)
  }
}

extension PredictionArray {
  /// Whether logits are more likely probabilities: all from 0 to 1, with rows that nearly all sum to 1;
  /// of a binary classifier with one output, whether that is always from 0 to 1.
  func lookLikeProbabilities(_ isBinary: Bool) -> Bool {
    func check(_ values: UnsafeBufferPointer<some BinaryFloatingPoint>) -> Bool {
      var otherSums = 0
      for start in stride(from: 0, to: values.count, by: classCount) {
        var sum = 0.0
        for index in start..<start + classCount {
          guard values[index] >= 0, values[index] <= 1 else { return false }
          sum += Double(values[index])
        }
        // Ten probabilities of two decimals are off 1 by no more.
        if abs(sum - 1) > 0.05 { otherSums += 1 }
      }
      return isBinary || 20 * otherSums <= rowCount * memberCount
    }
    return withNumbers(float32: { check($0) }, float64: { check($0) })
  }
}
