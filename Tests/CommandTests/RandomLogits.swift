import Formats
import Foundation
import TestSupport

/// Random logits over three classes that favor their labels, as `mixmo score` reads them.
struct RandomLogits {
  let values: [Float]  // [N, M, 3]
  let labels: [Int64]  // [N]
  private let memberCount: Int

  /// Draws the logits; that of the label is raised by `strength`.
  init(rowCount: Int, memberCount: Int = 1, seed: UInt64, strength: Float = 1) {
    var generator = SeededGenerator(seed: seed)
    let labels = (0..<rowCount).map { Int64($0 % 3) }
    values = (0..<rowCount * memberCount * 3).map { index in
      Float.random(in: -1...1, using: &generator)
        + (index % 3 == Int(labels[index / (3 * memberCount)]) ? strength : 0)
    }
    self.labels = labels
    self.memberCount = memberCount
  }

  /// Writes the logits, `[N, 3]` where there is one member, and the labels.
  func write(_ logitsFile: URL, _ labelsFile: URL) throws {
    let members = memberCount > 1 ? [memberCount] : []
    try NumPyArray.write(values, shape: [labels.count] + members + [3], to: logitsFile)
    try NumPyArray.write(labels, shape: [labels.count], to: labelsFile)
  }

  /// Writes the logits of one member, `[N, 3]`.
  func write(member: Int, to file: URL) throws {
    let rows = labels.indices.flatMap { row in
      (0..<3).map { values[(memberCount * row + member) * 3 + $0] }
    }
    try NumPyArray.write(rows, shape: [labels.count, 3], to: file)
  }
}
