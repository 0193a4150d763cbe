import Formats
import Foundation
import Runs

extension LogitArray {
  /// The logarithms of these numbers, which must be probabilities: logits that give them again.
  ///
  /// A probability of 0 in Float32 stands for one below 2⁻¹⁴⁹, and is taken as that.
  ///
  /// - Throws: `PredictionFileError` for a number below 0, above 1 or NaN, and for a row that does
  ///   not sum to 1; how many, and where the first is.
  package func logarithms() throws -> LogitArray {
    try checkProbabilities()
    return mapping { Float(log(Double(max($0, .leastNonzeroMagnitude)))) }
  }

  /// Sums of rows of half precision, or of three digits, are off 1 by less.
  private static let sumTolerance = 5e-3
  /// Rounding may lift a probability above 1.
  private static let largest: Float = 1 + 1e-3

  private func checkProbabilities() throws {
    try withValues { values in
      let isWrong = { (value: Float) in !(value >= 0 && value <= Self.largest) }
      if let first = values.firstIndex(where: isWrong) {
        throw PredictionFileError(
          file: file,
          problem: .notProbabilities(
            count: values.count(where: isWrong), row: first / (memberCount * classCount),
            member: first / classCount % memberCount, class: first % classCount,
            value: values[first]))
      }
      var (count, firstWrong): (Int, (index: Int, sum: Double)?) = (0, nil)
      for index in 0..<rowCount * memberCount {
        let row = values[index * classCount..<(index + 1) * classCount]
        let sum = row.reduce(0) { $0 + Double($1) }
        guard abs(sum - 1) > Self.sumTolerance else { continue }
        count += 1
        firstWrong = firstWrong ?? (index, sum)
      }
      if let (index, sum) = firstWrong {
        throw PredictionFileError(
          file: file,
          problem: .wrongSum(
            count: count, row: index / memberCount, member: index % memberCount, sum: sum))
      }
    }
  }
}
