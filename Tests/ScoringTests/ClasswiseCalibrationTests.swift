import Scoring
import TestSupport
import Testing

struct ClasswiseCalibrationTests {
  typealias Row = (probabilities: [Double], label: Int)

  // Both sides sum at most 4000 terms below 1.
  private static let rounding = 1e-13

  /// Rows whose probabilities of a class crowd together in `steps` steps, or anywhere.
  private static func rows(
    _ count: Int, classes: Int, steps: Int, seed: UInt64
  ) -> [Row] {
    var source = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let weights = (0..<classes).map { c in
        Double(source.next() % UInt64(steps) + 1) / Double(1 << (2 * c))
      }
      let sum = weights.reduce(0, +)
      return (weights.map { $0 / sum }, Int(source.next() % UInt64(classes)))
    }
  }

  private static func thresholdedError(_ rows: [Row], classes: Int) -> Double {
    let errors = (0..<classes).map { c in
      let kept = rows.filter { $0.probabilities[c] > 1e-3 }
      let sorted = kept.map(\.probabilities[c]).sorted()
      // Each of equal probabilities has the same part of their labels.
      let labels = sorted.map { p in
        let equal = kept.filter { $0.probabilities[c] == p }
        return Double(equal.count { $0.label == c }) / Double(equal.count)
      }
      let size = sorted.count / 15
      return (0..<15).reduce(0.0) { sum, bin in
        let ranks = bin * size..<(bin < 14 ? (bin + 1) * size : sorted.count)
        return sum + abs(ranks.reduce(0) { $0 + sorted[$1] - labels[$1] })
      }
    }
    return errors.reduce(0, +) / Double(rows.count * classes)
  }

  private static func added<Accumulator>(
    _ rows: some Sequence<Row>, to empty: Accumulator,
    _ add: (inout Accumulator, Row) throws -> Void
  ) rethrows -> Accumulator {
    try rows.reduce(into: empty) { try add(&$0, $1) }
  }

  private static func counted(
    _ rows: some Sequence<Row>, classes: Int
  ) throws -> ClasswiseCalibration {
    try added(rows, to: ClasswiseCalibration(classCount: classes)) {
      try $0.add(probabilities: $1.probabilities, label: $1.label)
    }
  }

  private static func thresholded(
    _ rows: some Sequence<Row>, cutting classwise: ClasswiseCalibration
  ) throws -> ThresholdedCalibration {
    try added(rows, to: ThresholdedCalibration(cutting: classwise)) {
      try $0.add(probabilities: $1.probabilities, label: $1.label)
    }
  }

  private static func thresholded(_ rows: [Row], classes: Int) throws -> Double? {
    try thresholded(rows, cutting: counted(rows, classes: classes)).calibrationError
  }

  @Test(arguments: [1, 3, 40, 1_000_000], [1, 14, 15, 16, 44, 700])
  func `the thresholded error is the definition`(steps: Int, count: Int) throws {
    let rows = Self.rows(count, classes: 6, steps: steps, seed: 3)
    let expected = Self.thresholdedError(rows, classes: 6)
    let error = try #require(try Self.thresholded(rows, classes: 6))
    expectClose(error, expected, absolute: Self.rounding)
  }

  @Test(arguments: 0..<6)
  func `any shards in any order give the same bits`(seed: UInt64) throws {
    var source = SeededGenerator(seed: seed)
    let rows = Self.rows(500, classes: 5, steps: 20, seed: 4)
    let classwise = try Self.counted(rows, classes: 5)
    let thresholded = try Self.thresholded(rows, cutting: classwise)
    let order = rows.indices.map { (source.next(), $0) }.sorted { $0.0 < $1.0 }.map { rows[$0.1] }
    let cut = Int(source.next() % 501)
    var shuffled = try Self.counted(order[cut...], classes: 5)
    shuffled.merge(try Self.counted(order[..<cut], classes: 5))
    #expect(shuffled == classwise)
    #expect(shuffled.calibrationError == classwise.calibrationError)
    var again = try Self.thresholded(order[cut...], cutting: shuffled)
    again.merge(try Self.thresholded(order[..<cut], cutting: shuffled))
    #expect(again.calibrationError == thresholded.calibrationError)
  }

  @Test func `a divided tie shares its labels as its orders do on average`() throws {
    // 30 rows are two a bin, and the second of a bin and the first of the next are tied.
    let rows = (0..<30).map { i -> Row in
      let probability = Double((i + 1) / 2 + 1) / 20
      return ([probability, 1 - probability], i % 4 == 0 ? 0 : 1)
    }
    var expected = 0.0
    for c in 0..<2 {
      let sorted = rows.sorted { $0.probabilities[c] < $1.probabilities[c] }
      for bin in 0..<15 {
        // Each of two tied rows is first in half of the orders.
        expected += abs(
          [2 * bin, 2 * bin + 1].reduce(0.0) { sum, i in
            let tied = sorted.filter { $0.probabilities[c] == sorted[i].probabilities[c] }
            let share = Double(tied.count { $0.label == c }) / Double(tied.count)
            return sum + sorted[i].probabilities[c] - share
          })
      }
    }
    let error = try #require(try Self.thresholded(rows, classes: 2))
    expectClose(error, expected / 60, absolute: Self.rounding)
  }

  @Test func `edges of equal width belong to the bin below, as in the reliability table`() throws {
    for edge in 0...15 {
      let probability = Double(edge) / 15
      for nearby in [probability.nextDown, probability, probability.nextUp]
      where (0...1).contains(nearby) {
        // Of two rows, the other in bin `other`, the error tells whether both share a bin.
        for other in 0..<15 {
          let second = (Double(other) + 0.5) / 15
          var (classwise, table) = (ClasswiseCalibration(classCount: 1), ReliabilityTable())
          for (p, isRight) in [(nearby, true), (second, true)] {
            try classwise.add(probabilities: [p], label: 0)
            table.add(confidence: p, isRight: isRight)
          }
          let expected = try #require(table.expectedCalibrationError)
          expectClose(
            try #require(classwise.calibrationError), expected, absolute: Self.rounding)
        }
      }
    }
  }

  @Test func `without a row, and until all are there again, nothing is defined`() throws {
    #expect(ClasswiseCalibration(classCount: 3).calibrationError == nil)
    let none = ThresholdedCalibration(cutting: ClasswiseCalibration(classCount: 3))
    #expect(none.calibrationError == nil)
    let rows = Self.rows(20, classes: 3, steps: 9, seed: 5)
    let classwise = try Self.counted(rows, classes: 3)
    #expect(try Self.thresholded(rows.dropLast(), cutting: classwise).calibrationError == nil)
    #expect(try Self.thresholded(rows, cutting: classwise).calibrationError != nil)
  }

  @Test func `probabilities at the threshold are left out`() throws {
    let below: Row = ([1e-3, 0], 0)
    #expect(try Self.thresholded([below], classes: 2) == 0)
    let error = try Self.thresholded([below, ([1e-3.nextUp, 1], 0)], classes: 2)
    // |0.001 − 1| and |1 − 0| over 2 rows of 2 classes.
    expectClose(try #require(error), 1.999 / 4, absolute: Self.rounding)
  }

  @Test func `what are no probabilities of these classes is refused`() {
    var classwise = ClasswiseCalibration(classCount: 2)
    var thresholded = ThresholdedCalibration(cutting: classwise)
    let refused: [(Row, ScoringError)] = [
      (([0.5], 0), .wrongProbabilityCount(classes: 2, found: 1)),
      (([0.5, 1.5], 0), .notProbability(1.5, class: 1)),
      (([-0.5, 1.5], 0), .notProbability(-0.5, class: 0)),
      (([0.5, 0.5], 2), .labelOutOfRange(count: 1, row: 0, label: 2, classes: 2)),
    ]
    for (row, error) in refused {
      #expect(throws: error) {
        try classwise.add(probabilities: row.probabilities, label: row.label)
      }
      #expect(throws: error) {
        try thresholded.add(probabilities: row.probabilities, label: row.label)
      }
    }
    #expect(throws: ScoringError.self) {
      try classwise.add(probabilities: [.nan, 0.5], label: 0)
    }
  }
}
