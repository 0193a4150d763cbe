import Foundation
import Scoring
import TestSupport

/// Reproducible logits and labels, the same that Fixtures/make_fixtures.py draws.
struct Problem: Decodable, Sendable, CustomStringConvertible {
  var seed: UInt64
  var labelSeed: UInt64
  var rows: Int
  var members: Int
  var classes: Int
  /// Logits are multiples of 2^exponent, within ±2^(exponent + 19) before the bonus.
  var exponent = -17
  /// How many low bits are cleared, for ties.
  var quantum = 0
  /// Sixteenths of the rows whose label gets `bonus` eighths more.
  var skill: UInt64 = 12
  var bonus = 24
  /// `random`, `single`, `right` (the ensemble's choice) or `wrong` (the next class).
  var labels = "random"

  var description: String { "problem \(seed)" }

  func draw() throws -> LabeledLogits {
    var labelSource = SeededGenerator(seed: labelSeed)
    var drawn = (0..<rows).map { _ in
      labels == "single" ? 0 : Int(labelSource.next() % UInt64(classes))
    }
    let values = logits(for: drawn)
    if labels == "right" || labels == "wrong" {
      let choices = try Scorer().rows(
        of: .ensemble,
        in: LabeledLogits(values, memberCount: members, classCount: classes, labels: drawn))
      drawn = choices.rows.map { ($0.predictedClass + (labels == "wrong" ? 1 : 0)) % classes }
    }
    return try LabeledLogits(values, memberCount: members, classCount: classes, labels: drawn)
  }

  private func logits(for labels: [Int]) -> [Float] {
    var source = SeededGenerator(seed: seed)
    let step = Float(sign: .plus, exponent: exponent, significand: 1)
    var values = [Float](repeating: 0, count: rows * members * classes)
    for row in 0..<rows {
      let isSkilled = source.next() % 16 < skill
      for c in 0..<classes {
        let base = source.nextCentered()
        for m in 0..<members {
          let value = ((base + source.nextCentered()) >> quantum) << quantum
          let gain = isSkilled && c == labels[row] ? Float(bonus) / 8 : 0
          values[(row * members + m) * classes + c] = Float(value) * step + gain
        }
      }
    }
    return values
  }
}

extension SeededGenerator {
  /// In −2¹⁸ ..< 2¹⁸.
  mutating func nextCentered() -> Int {
    Int(next() >> 45) - 1 << 18
  }

  /// In 0..<1, a multiple of 2⁻⁵³.
  mutating func nextUnit() -> Double {
    Double(next() >> 11) * 0x1p-53
  }
}

/// What the reference says of one cell; null is undefined, absent is not compared.
struct ReferenceCell: Decodable, Sendable, CustomStringConvertible {
  let problem: Problem
  let predictors: [String: [String: Double?]]
  let diversity: [String: [String: Double?]]

  var description: String { problem.description }
}

extension Predictor {
  /// The name in the fixtures, where one member is an ensemble of one.
  var fixtureName: String { self == .network ? Predictor.ensemble.name : name }
}
