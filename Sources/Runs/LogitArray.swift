// N rows, M members, K classes.

import Formats
import Foundation
import Scoring

/// Anybody's predictions: logits or probabilities of N rows by M members over K classes.
package struct LogitArray: Sendable {
  package let rowCount: Int
  package let memberCount: Int
  package let classCount: Int
  /// Where errors say that the numbers are from.
  package let file: String
  private let storage: ByteStorage  // [N, M, K] Float32

  /// Reads an `.npy` file of shape [N, K] or [N, M, K].
  ///
  /// It holds floating-point or small whole numbers; of Float64 the nearest Float32 are taken. An
  /// array of Float32 stays in its file, which must not change meanwhile.
  ///
  /// - Throws: `PredictionFileError`, `NumPyError` or `FileError`.
  package init(contentsOf url: URL) throws {
    try self.init(NumPyArray(contentsOf: url), file: url)
  }

  /// The numbers of an array of shape [N, K] or [N, M, K], which is from `file`.
  ///
  /// - Throws: `PredictionFileError` or `NumPyError`.
  package init(_ array: NumPyArray, file: URL) throws {
    self.file = file.path
    guard (2...3).contains(array.shape.count), !array.shape.contains(0) else {
      throw PredictionFileError(
        file: file.path,
        problem: .wrongShape(
          expected: "[rows, classes] or [rows, members, classes]", found: array.shape))
    }
    rowCount = array.shape[0]
    memberCount = array.shape.count == 3 ? array.shape[1] : 1
    classCount = array.shape[array.shape.count - 1]
    storage = try array.floatStorage()
  }

  /// One member's numbers `[rows, classes]`, which are from `file`.
  package init(_ values: [Float], classCount: Int, file: URL) {
    (rowCount, memberCount, self.classCount) = (values.count / classCount, 1, classCount)
    self.file = file.path
    storage = values.withUnsafeBytes(ByteStorage.init(copying:))
  }

  /// The members of an ensemble, each an array of one member and of the same shape.
  package init(interleaving members: [LogitArray]) {
    (rowCount, classCount) = (members[0].rowCount, members[0].classCount)
    (memberCount, file) = (members.count, members[0].file)
    let (rows, classes) = (members[0].rowCount, members[0].classCount)
    storage = ByteStorage(floatCount: members.count * rows * classes) { target in
      for (index, member) in members.enumerated() {
        member.withValues { source in
          for row in 0..<rows {
            let start = (row * members.count + index) * classes
            for c in 0..<classes { target[start + c] = source[row * classes + c] }
          }
        }
      }
    }
  }

  private init(_ storage: ByteStorage, like other: LogitArray) {
    (rowCount, memberCount, classCount) = (other.rowCount, other.memberCount, other.classCount)
    (file, self.storage) = (other.file, storage)
  }

  /// The array of what `transform` makes of each number.
  package func mapping(_ transform: (Float) -> Float) -> LogitArray {
    let mapped = ByteStorage(floatCount: rowCount * memberCount * classCount) { target in
      withValues { for (index, value) in $0.enumerated() { target[index] = transform(value) } }
    }
    return LogitArray(mapped, like: self)
  }

  package func withValues<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    try storage.withBytes { try body($0.bindMemory(to: Float.self)) }
  }

  /// Replaces `url` with these numbers, `[N, M, K]`.
  ///
  /// - Throws: `FileError`.
  func write(to url: URL) throws {
    try NumPyArray.write(Float.self, shape: shape, to: url) { rows in
      try withValues { try rows.append($0) }
    }
  }

  /// Whether `other` holds the same bits in the same shape.
  func isIdentical(to other: LogitArray) -> Bool {
    guard shape == other.shape else { return false }
    return storage.withBytes { mine in
      other.storage.withBytes { $0.count == mine.count && $0.elementsEqual(mine) }
    }
  }

  package var shape: [Int] { [rowCount, memberCount, classCount] }

  /// The logits with the labels of the file `labelFile`.
  ///
  /// - Throws: `PredictionFileError` naming the file, and the row, where labels are not as many as rows
  ///   or not in 0..<K, or where a logit is NaN or infinite.
  package func labeled(_ labels: [Int], from labelFile: URL) throws -> LabeledLogits {
    guard labels.count == rowCount else {
      throw PredictionFileError(
        file: labelFile.path, problem: .wrongLabelCount(expected: rowCount, found: labels.count))
    }
    do {
      return try LabeledLogits(
        borrowing: storage.bytes.bindMemory(to: Float.self), owner: storage,
        memberCount: memberCount, classCount: classCount, labels: labels)
    } catch {
      let isOfLabels = if case .labelOutOfRange = error { true } else { false }
      throw PredictionFileError(
        file: isOfLabels ? labelFile.path : file, problem: .unusable(error))
    }
  }
}

extension ByteStorage {
  fileprivate convenience init(
    floatCount: Int, filledBy fill: (UnsafeMutableBufferPointer<Float>) -> Void
  ) {
    self.init(byteCount: floatCount * MemoryLayout<Float>.size) {
      fill($0.bindMemory(to: Float.self))
    }
  }
}
