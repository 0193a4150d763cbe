import Tensors
import TestSupport
import Testing

/// Sums over rows by falling confidence, at every level: the reference's, and the same bits at all others.
struct RankedRowsTests {
  private struct Row {
    let image: Int
    let isRight: Bool
    let loss, brierScore: Double
    let confidence: Int
  }

  private static func rows(
    _ count: Int, confidences: Int, accuracy: Double, images: Int, _ stream: inout RandomStream
  ) -> [Row] {
    (0..<count).map { _ in
      Row(
        image: stream.integer(in: 0..<images), isRight: stream.nextUniform() < accuracy,
        loss: stream.uniform(0, 9), brierScore: stream.uniform(0, 2),
        confidence: stream.integer(in: 0..<confidences))
    }.sorted { $0.confidence > $1.confidence }
  }

  private static func ranked(_ rows: [Row]) -> RankedRows {
    var ranked = RankedRows()
    for (i, row) in rows.enumerated() {
      ranked.append(
        image: row.image, isRight: row.isRight, loss: row.loss, brierScore: row.brierScore,
        endsTie: i == rows.count - 1 || rows[i + 1].confidence != row.confidence)
    }
    return ranked
  }

  private static func all(_ sums: RankingSums) -> [SIMD8<Double>] {
    [
      sums.total, sums.right, sums.loss, sums.brierScore, sums.twiceWins, sums.errorPrecision,
      sums.successPrecision, sums.falsePositives, sums.twiceArea, sums.twiceGeneralizedArea,
    ]
  }

  /// The same sums, from rows that are repeated as often as their weight says, by their definitions.
  private static func defined(_ rows: [Row], _ weights: [SIMD8<UInt8>], lane: Int) -> [Double] {
    let drawn = rows.flatMap { row in
      [Row](repeating: row, count: Int(weights[row.image][lane]))
    }
    let wrong = drawn.filter { !$0.isRight }
    let right = drawn.filter(\.isRight)
    func count(_ rows: [Row], from confidence: Int) -> Double {
      Double(rows.count { $0.confidence >= confidence })
    }
    func risk(from confidence: Int) -> Double {
      count(wrong, from: confidence) / count(drawn, from: confidence)
    }
    let levels = Set(drawn.map(\.confidence)).sorted(by: >)
    let before = Dictionary(
      uniqueKeysWithValues: zip(levels, levels.prefix(1) + levels))
    let threshold = levels.first {
      count(right, from: $0) >= 0.95 * Double(right.count)
    }
    return [
      Double(drawn.count), Double(right.count), drawn.reduce(0) { $0 + $1.loss },
      drawn.reduce(0) { $0 + $1.brierScore },
      right.reduce(0) { sum, row in
        sum
          + wrong.reduce(0) {
            $0 + ($1.confidence < row.confidence ? 2 : $1.confidence == row.confidence ? 1 : 0)
          }
      },
      wrong.reduce(0) { sum, row in
        let below = drawn.filter { $0.confidence <= row.confidence }
        return sum + Double(below.count { !$0.isRight }) / Double(below.count)
      },
      right.reduce(0) {
        $0 + count(right, from: $1.confidence) / count(drawn, from: $1.confidence)
      },
      right.isEmpty ? 0 : threshold.map { count(wrong, from: $0) } ?? 0,
      drawn.reduce(0) { sum, row in
        sum + risk(from: row.confidence) + risk(from: before[row.confidence] ?? row.confidence)
      },
      drawn.reduce(0) { sum, row in
        sum + count(wrong, from: row.confidence) + count(wrong, from: row.confidence + 1)
      },
    ]
  }

  @Test func `sums are those of repeated rows, and the same bits at every level`() {
    var stream = RandomStream(seed: 8, purpose: "ranking")
    for count in [1, 2, 3, 17, 60] {
      for (confidences, accuracy) in [(1, 0.5), (4, 0.5), (1000, 0.9), (1000, 0), (1000, 1)] {
        let images = max(1, count / 2)
        let rows = Self.rows(
          count, confidences: confidences, accuracy: accuracy, images: images, &stream)
        let weights = (0..<images).map { _ in
          SIMD8<UInt8>((0..<8).map { lane in lane == 0 ? 0 : UInt8(stream.integer(in: 0..<4)) })
        }
        let ranked = Self.ranked(rows)
        let sums = weights.withUnsafeBufferPointer { weights in
          ([Kernels.reference] + Kernels.available).map {
            Self.all(ranked.sums(under: weights, kernels: $0.probabilities))
          }
        }
        for lane in 0..<8 {
          let defined = Self.defined(rows, weights, lane: lane)
          // At most 180 terms are added in another order, to sums below 2¹⁶: each rounds by 2⁻³⁸.
          for sums in sums { expectClose(sums.map { $0[lane] }, defined, absolute: 180 * 0x1p-38) }
        }
        for level in sums.dropFirst(2) { #expect(level == sums[1]) }
      }
    }
  }
}
