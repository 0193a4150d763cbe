import Scoring
import TestSupport
import Testing

/// Curves of classes, searched from a table, against a plain search.
struct ClasswiseCurveTests {
  /// The value of a curve at a probability, by its definition.
  private static func value(of curve: ClassCurve, at probability: Double) -> Double {
    let (points, values) = (curve.probabilities, curve.values)
    guard let last = points.indices.last else { return probability }
    let next = points.firstIndex { $0 >= probability } ?? last
    if curve.hasSteps { return values[next] ?? probability }
    guard next > 0, points[next] > probability else { return values[next] ?? -1 }
    let (low, high) = (values[next - 1] ?? -1, values[next] ?? -1)
    let share = (probability - points[next - 1]) / (points[next] - points[next - 1])
    return low + share * (high - low)
  }

  /// A probability from 1 down to far below the table, or an end of one of its ranges.
  private static func probability(_ generator: inout SeededGenerator) -> Double {
    switch generator.next() % 4 {
    case 0: Double.random(in: 0...1, using: &generator)
    case 1: Double(sign: .plus, exponent: -Int(generator.next() % 45), significand: 1)
    case 2: 1 - Double.random(in: 0...1e-6, using: &generator)
    default:
      Double(
        sign: .plus, exponent: -1 - Int(generator.next() % 60),
        significand: Double.random(in: 1..<2, using: &generator))
    }
  }

  private static func curve(_ generator: inout SeededGenerator) -> ClassCurve {
    let count = [0, 1, 2, 15, 300][Int(generator.next() % 5)]
    let points = Set((0..<count).map { _ in probability(&generator) }).sorted()
    let hasSteps = generator.next() % 2 == 0
    return ClassCurve(
      probabilities: points,
      values: points.map { _ in
        hasSteps && generator.next() % 5 == 0 ? nil : Double.random(in: 0.01...1, using: &generator)
      }, hasSteps: hasSteps)
  }

  @Test(arguments: 0..<40)
  func `every class has the value of its curve`(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let curves = (0..<5).map { _ in Self.curve(&generator) }
    let map = ClasswiseCurves(curves)
    for _ in 0..<50 {
      let given = curves.map { curve in
        // Points themselves are hit, too.
        curve.probabilities.isEmpty || generator.next() % 3 > 0
          ? Self.probability(&generator) : curve.probabilities.randomElement(using: &generator) ?? 1
      }
      let values = zip(curves, given).map(Self.value)
      let sum = values.reduce(0, +)
      var (row, logs) = (given, given)
      row.withUnsafeMutableBufferPointer { row in
        logs.withUnsafeMutableBufferPointer { logs in
          guard let start = logs.baseAddress else { return }
          map.apply(
            to: DistributionRow(
              probabilities: row, logarithms: logs, temperedProbabilities: start,
              temperedLogarithms: start))
        }
      }
      for (found, value) in zip(row, values) {
        // The sum of five numbers in another order, and a quotient.
        expectClose(found, sum > 0 ? min(value / sum, 1) : 0.2, absolute: 1e-15)
      }
    }
  }
}
