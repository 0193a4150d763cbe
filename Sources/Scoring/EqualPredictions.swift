// N rows, M members, K classes.

import Foundation

/// Predictions that are the same byte for byte, which none of two models or of two images should be.
extension LabeledLogits {
  private var byteCount: Int { memberCount * bytesPerMember }

  private var bytesPerMember: Int { classCount * (isFloat64 ? 8 : 4) }

  private func bytes(of row: Int) -> UnsafeRawPointer {
    switch self.row(row) {
    case .float32(let numbers): UnsafeRawPointer(numbers)
    case .float64(let numbers): UnsafeRawPointer(numbers)
    }
  }

  private var isFloat64: Bool {
    if case .float64 = row(0) { true } else { false }
  }

  /// Whether all rows have the same numbers, of more than one row; reads up to the first that has others.
  public var hasEqualRows: Bool {
    let (first, count) = (bytes(of: 0), byteCount)
    return rowCount > 1 && (1..<rowCount).allSatisfy { memcmp(first, bytes(of: $0), count) == 0 }
  }

  /// Whether both have the same numbers in every row, in the same type; reads up to the first that differ.
  public func hasSameNumbers(as other: LabeledLogits) -> Bool {
    guard shape == other.shape, isFloat64 == other.isFloat64, numbers == other.numbers else {
      return false
    }
    let count = byteCount
    return (0..<rowCount).allSatisfy { memcmp(bytes(of: $0), other.bytes(of: $0), count) == 0 }
  }

  /// The members whose numbers are those of others in every row, together with these.
  public var equalMembers: [[Int]] {
    var groups: [[Int]] = []
    for member in 0..<memberCount {
      if let index = groups.firstIndex(where: { areEqual($0[0], member) }) {
        groups[index].append(member)
      } else {
        groups.append([member])
      }
    }
    return groups.filter { $0.count > 1 }
  }

  private func areEqual(_ first: Int, _ second: Int) -> Bool {
    let count = bytesPerMember
    return (0..<rowCount).allSatisfy { row in
      let bytes = bytes(of: row)
      return memcmp(bytes + first * count, bytes + second * count, count) == 0
    }
  }

  /// The members whose numbers are all from 0 to 1, with a sum within `tolerance` of 1 in every row.
  ///
  /// None for probabilities that were given as such, and of a single class. A member is read up to the
  /// first number that is no probability.
  public func membersLikeProbabilities(tolerance: Double = 1e-3) -> [Int] {
    guard numbers == .logits, classCount > 1 else { return [] }
    return (0..<memberCount).filter { member in
      let classes = member * classCount..<(member + 1) * classCount
      return (0..<rowCount).allSatisfy { row in
        let numbers = self.row(row)
        var sum = 0.0
        for index in classes {
          let number = numbers[index]
          guard 0...1 ~= number else { return false }
          sum += number
        }
        return abs(sum - 1) <= tolerance
      }
    }
  }
}
