// N rows, M members, K classes.

import Foundation
internal import Tensors

/// How the numbers of a row become logits, or the distribution that was given.
extension LabeledLogits {
  /// Writes the logits of some members of a row, [members, K]; of probabilities the logarithms.
  func copyLogits(_ row: Int, members: Range<Int>, to target: UnsafeMutablePointer<Double>) {
    let (numbers, first) = (self.row(row), members.lowerBound * classCount)
    let count = members.count * classCount
    guard self.numbers == .probabilities else {
      return numbers.widen(from: first, count: count, into: target)
    }
    withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { copy in
      guard let probabilities = copy.baseAddress else { return }
      numbers.widen(from: first, count: count, into: probabilities)
      logarithms(ofProbabilities: probabilities, count: count, into: target)
    }
  }

  /// Writes the mean of the probabilities that some members give in a row, [K].
  ///
  /// Of one member they are as given. A sum of several is exact but for 2⁻¹⁰⁰ or so, in any order of
  /// the members, and the mean is rounded once: members that agree have their own probability as the
  /// mean.
  func copyDistribution(_ row: Int, members: Range<Int>, to target: UnsafeMutablePointer<Double>) {
    guard members.count > 1 else {
      return copyDistribution(row, member: members.lowerBound, to: target)
    }
    let size = (members.count + 1) * classCount
    withUnsafeTemporaryAllocation(of: Double.self, capacity: size) { memory in
      guard let rows = memory.baseAddress else { return }
      for (i, member) in members.enumerated() {
        copyDistribution(row, member: member, to: rows + i * classCount)
      }
      ProbabilityKernels.preferred.sortColumns(
        of: rows, rowCount: members.count, count: classCount)
      exactMean(
        ofColumns: rows, count: members.count, to: target, lost: rows + members.count * classCount)
    }
  }

  /// Writes the means of `count` rows, with `lost` as room for K numbers.
  private func exactMean(
    ofColumns rows: UnsafePointer<Double>, count: Int, to target: UnsafeMutablePointer<Double>,
    lost: UnsafeMutablePointer<Double>
  ) {
    target.update(from: rows, count: classCount)
    lost.update(repeating: 0, count: classCount)
    for row in 1..<count {
      for c in 0..<classCount {
        let next = rows[row * classCount + c]
        let sum = target[c] + next
        let added = sum - target[c]
        lost[c] += (target[c] - (sum - added)) + (next - added)
        target[c] = sum
      }
    }
    let count = Double(count)
    for c in 0..<classCount {
      let mean = target[c] / count
      let rest = target[c].addingProduct(-mean, count) + lost[c]
      target[c] = min(1, mean + rest / count)
    }
  }

  /// Writes the probabilities of one member, divided by their sum only where they have to be.
  private func copyDistribution(
    _ row: Int, member: Int, to target: UnsafeMutablePointer<Double>
  ) {
    self.row(row).widen(from: member * classCount, count: classCount, into: target)
    sums?.normalize(
      UnsafeMutableBufferPointer(start: target, count: classCount), member: member)
  }
}

/// Writes the logarithms of `count` probabilities, of 0 `LogarithmOfZero.value`.
func logarithms(
  ofProbabilities probabilities: UnsafePointer<Double>, count: Int,
  into results: UnsafeMutablePointer<Double>
) {
  ProbabilityKernels.preferred.logarithms(of: probabilities, count: count, into: results)
  for c in 0..<count where probabilities[c] < .leastNormalMagnitude {
    results[c] = probabilities[c] > 0 ? log(probabilities[c]) : LogarithmOfZero.value
  }
}
