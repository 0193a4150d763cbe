// N rows, M members, K classes.

import Formats
import Foundation

/// What numbers that are scored as logits may be instead.
package enum NumberDoubt: Hashable {
  case probabilities, percentages
  /// Shares of a number, such as votes.
  case shares(of: String)

  /// What is scored, and what to do if it is something else.
  ///
  /// - Parameters:
  ///   - members: The members that hold such numbers; empty for all.
  ///   - isBinary: Whether there is one output for each row.
  ///   - isOfFiles: Whether the numbers are from files, of which an option says that they are logits.
  /// - Returns: The remark.
  package func remark(members: [Int], isBinary: Bool, isOfFiles: Bool = true) -> String {
    let subject =
      members.isEmpty
      ? "the numbers are"
      : "the numbers of member \(members.map(String.init).listed()) are"
    let end = isOfFiles ? "; --no-probabilities says that they are logits" : ""
    switch self {
    case .probabilities:
      return "\(subject) scored as logits, but all are from 0 to 1"
        + (isBinary ? "" : " and nearly all rows sum to about 1")
        + "; are they probabilities? --probabilities takes them as such\(end)"
    case .percentages:
      return "\(subject) scored as logits, but all are from 0 to 100"
        + (isBinary ? "" : " and nearly all rows sum to about 100")
        + "; are they percentages? Divide them by 100 and say --probabilities\(end)"
    case .shares(let sum):
      return
        "\(subject) scored as logits, but none is negative and nearly all rows sum to \(sum); are they "
        + "votes or shares? Divide them by their sum and say --probabilities\(end)"
    }
  }
}

extension PredictionArray {
  /// What the logits may be instead, and the members of which that is so: all where the list is empty.
  package func doubts(isBinary: Bool) -> [(doubt: NumberDoubt, members: [Int])] {
    let doubts = (0..<memberCount).map { member in
      withNumbers {
        doubt($0, member, isBinary)
      } float64: {
        doubt($0, member, isBinary)
      }
    }
    var all: [(doubt: NumberDoubt, members: [Int])] = []
    for doubt in doubts.compactMap(\.self) where !all.contains(where: { $0.doubt == doubt }) {
      let members = doubts.indices.filter { doubts[$0] == doubt }
      all.append((doubt, members.count == memberCount ? [] : members))
    }
    return all
  }

  private func doubt<Number: BinaryFloatingPoint>(
    _ values: UnsafeBufferPointer<Number>, _ member: Int, _ isBinary: Bool
  ) -> NumberDoubt? {
    var largest = 0.0
    // Ten probabilities of two decimals are off 1 by no more than 0.05.
    var sums = [Sums(expected: 1, tolerance: 0.05), Sums(expected: 100, tolerance: 5)]
    let starts = stride(
      from: member * classCount, to: values.count, by: memberCount * classCount)
    for start in starts {
      var sum = 0.0
      for index in start..<start + classCount {
        guard values[index] >= 0 else { return nil }
        sum += Double(values[index])
        largest = max(largest, Double(values[index]))
      }
      if sums.count == 2 { sums.append(Sums(expected: sum, tolerance: 5e-3 * sum)) }
      for index in sums.indices { sums[index].add(sum) }
    }
    if isBinary {
      // The column of class 0 holds zeros. Logits that are never negative never predict it.
      return largest <= 1 ? .probabilities : 20...100 ~= largest ? .percentages : nil
    }
    if largest <= 1, sums[0].isNearlyAll(of: rowCount) { return .probabilities }
    if largest <= 100, sums[1].isNearlyAll(of: rowCount) { return .percentages }
    let isShare = rowCount > 3 && sums[2].expected > 0 && !isConstant(values, member)
    return isShare && sums[2].isNearlyAll(of: rowCount)
      ? .shares(of: String(format: "%.4g", sums[2].expected)) : nil
  }

  /// Whether all rows are the same.
  private func isConstant<Number: BinaryFloatingPoint>(
    _ values: UnsafeBufferPointer<Number>, _ member: Int
  ) -> Bool {
    let first = member * classCount
    return stride(from: first, to: values.count, by: memberCount * classCount).allSatisfy { start in
      (0..<classCount).allSatisfy { values[start + $0] == values[first + $0] }
    }
  }
}

/// Sums of rows that are counted where they are not as expected.
private struct Sums {
  let expected: Double
  let tolerance: Double
  private var others = 0

  init(expected: Double, tolerance: Double) {
    (self.expected, self.tolerance) = (expected, tolerance)
  }

  mutating func add(_ sum: Double) {
    if !(abs(sum - expected) <= tolerance) { others += 1 }
  }

  func isNearlyAll(of count: Int) -> Bool { 20 * others <= count }
}
