import Foundation
import Predictions
import Scoring
import TestSupport
import Testing

/// Anybody's predictions in memory.
struct PredictionArrayTests {
  private static let file = URL(fileURLWithPath: "/p.npy")

  private static func values(_ array: PredictionArray) -> [Double] {
    array.withNumbers(float32: { $0.map { Double($0) } }, float64: { Array($0) })
  }

  @Test func `logits of some classes are those that were there, of every member`() {
    let array = PredictionArray((0..<24).map { Float($0) }, shape: [2, 3, 4])
    let some = array.selecting(classes: [3, 0])
    #expect(some.shape == [2, 3, 2] && some.numbers == .logits)
    let expected: [Double] = [3, 0, 7, 4, 11, 8, 15, 12, 19, 16, 23, 20]
    #expect(Self.values(some) == expected)
  }

  @Test func `probabilities of some classes are those of their softmax`() throws {
    let logits: [Double] = [0.5, -1, 2, 0.25, 3, 3, -2, 0]
    let rows = stride(from: 0, to: 8, by: 4).map { Array(logits[$0..<$0 + 4]) }
    func softmax(_ row: [Double]) -> [Double] {
      let powers = row.map { exp($0) }
      return powers.map { $0 / powers.reduce(0, +) }
    }
    let array = PredictionArray(
      float64: rows.flatMap(softmax), classCount: 4, as: .probabilities, file: Self.file)
    let some = Self.values(array.selecting(classes: [1, 3]))
    let expected = rows.flatMap { softmax([$0[1], $0[3]]) }
    // A softmax of four, a sum and two quotients, each rounded.
    for (found, wanted) in zip(some, expected) { expectClose(found, wanted, absolute: 8 * 0x1p-53) }
    let none = PredictionArray(
      float64: [1, 0, 0, 0], classCount: 4, as: .probabilities, file: Self.file
    ).selecting(classes: [1, 2])
    #expect(throws: PredictionFileError.self) {
      _ = try none.labeled([0], from: Self.file)
    }
  }

  @Test func `rows are joined in order, and those of another form are refused with it`() throws {
    let first = PredictionArray([1, 2, 3, 4], shape: [1, 2, 2])
    let second = PredictionArray([5, 6, 7, 8], shape: [1, 2, 2])
    let joined = try PredictionArray(joining: [first, second])
    #expect(joined.shape == [2, 2, 2] && Self.values(joined) == [1, 2, 3, 4, 5, 6, 7, 8])
    let others = [
      PredictionArray([5, 6], shape: [1, 1, 2]), PredictionArray([5, 6], shape: [1, 2, 1]),
      PredictionArray(float64: [5, 6], classCount: 2, file: Self.file),
      second.taken(as: .probabilities),
    ]
    for other in others {
      #expect {
        try PredictionArray(joining: [first, other])
      } throws: {
        "\($0)".contains("expected rows of 2 × 2 float32, as those before, found ")
      }
    }
  }
}
