import Foundation
import Tensors

/// The linear congruential generator that the reference vectors were made with.
struct TestGenerator: RandomSource {
  private var state: UInt32 = 12345

  mutating func nextUniform() -> Double {
    state = state &* 1_664_525 &+ 1_013_904_223
    return Double(state >> 8) / 0x1p24
  }

  /// The sum of twelve uniform numbers, less 6.
  mutating func nextNormal() -> Double {
    (0..<12).reduce(0) { sum, _ in sum + nextUniform() } - 6
  }

  mutating func nextPoisson(rate: Double) -> Int {
    let u = nextUniform()
    var count = 0
    var probability = exp(-rate)
    var cumulative = probability
    while u > cumulative {
      count += 1
      probability *= rate / Double(count)
      cumulative += probability
    }
    return count
  }
}
