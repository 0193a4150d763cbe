import Scoring
import Testing

struct LabeledLogitsTests {
  private static func logits(
    _ values: [Float], members: Int = 1, classes: Int = 2, labels: [Int]
  ) throws(ScoringError) -> LabeledLogits {
    try LabeledLogits(values, memberCount: members, classCount: classes, labels: labels)
  }

  @Test func `no rows, members or classes are refused`() {
    #expect(throws: ScoringError.emptyShape(rows: 0, members: 1, classes: 2)) {
      try Self.logits([], labels: [])
    }
    #expect(throws: ScoringError.emptyShape(rows: 1, members: 0, classes: 2)) {
      try Self.logits([], members: 0, labels: [0])
    }
    #expect(throws: ScoringError.emptyShape(rows: 1, members: 1, classes: -3)) {
      try Self.logits([], classes: -3, labels: [0])
    }
  }

  @Test(arguments: [3, Int.max])
  func `another number of logits is refused, whatever the shape claims`(classes: Int) {
    #expect(
      throws: ScoringError.wrongLogitCount(rows: 2, members: 1, classes: classes, found: 5)
    ) {
      try Self.logits([1, 2, 3, 4, 5], classes: classes, labels: [0, 1])
    }
  }

  @Test func `labels that are no class are counted and the first is named`() {
    #expect(throws: ScoringError.labelOutOfRange(count: 2, row: 1, label: 2, classes: 2)) {
      try Self.logits([0, 0, 0, 0, 0, 0], labels: [0, 2, -1])
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func `logits that are no numbers are counted and the first is named`(bad: Float) {
    var values = [Float](repeating: 0, count: 3 * 2 * 4)
    values[1 * 8 + 1 * 4 + 2] = bad
    values[2 * 8] = bad
    #expect(throws: ScoringError.notFinite(count: 2, row: 1, member: 1, class: 2)) {
      try Self.logits(values, members: 2, classes: 4, labels: [0, 1, 2])
    }
  }

  @Test func `rows are selected in the order asked for`() throws {
    let all = try Self.logits([0, 1, 2, 3, 4, 5, 6, 7], members: 2, labels: [0, 1])
    let swapped = try all.selecting(rows: [1, 0, 1])
    #expect(swapped.values == [4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7])
    #expect(swapped.labels == [1, 0, 1])
    #expect(throws: ScoringError.noSuchRow(2, rows: 2)) { try all.selecting(rows: [0, 2]) }
    #expect(throws: ScoringError.noSuchRow(-1, rows: 2)) { try all.selecting(rows: [-1]) }
    #expect(throws: ScoringError.emptyShape(rows: 0, members: 2, classes: 2)) {
      try all.selecting(rows: [])
    }
  }

  /// Numbers in memory of its own, as of a mapped file.
  private final class Memory: @unchecked Sendable {
    let values: UnsafeMutableBufferPointer<Float>

    init(_ numbers: [Float]) {
      values = .allocate(capacity: numbers.count)
      _ = values.initialize(from: numbers)
    }

    deinit { values.deallocate() }
  }

  @Test func `borrowed logits are read where they lie, as long as anything reads them`() throws {
    var memory: Memory? = Memory([0, 1, 2, 3, 4, 5, 6, 7])
    weak let watched = memory
    var logits: LabeledLogits? = try LabeledLogits(
      borrowing: UnsafeBufferPointer(try #require(memory).values), owner: try #require(memory),
      memberCount: 2, classCount: 2, labels: [0, 1])
    memory = nil
    #expect(logits?.values == [0, 1, 2, 3, 4, 5, 6, 7])
    var second = try logits?.selecting(rows: [1])
    logits = nil
    #expect(second?.values == [4, 5, 6, 7])
    #expect(watched != nil)
    second = nil
    #expect(watched == nil)
  }

  @Test func `borrowed logits are checked like others`() throws {
    let memory = Memory([0, 1, .nan, 3])
    let values = UnsafeBufferPointer(memory.values)
    #expect(throws: ScoringError.notFinite(count: 1, row: 1, member: 0, class: 0)) {
      try LabeledLogits(
        borrowing: values, owner: memory, memberCount: 1, classCount: 2, labels: [0, 1])
    }
    #expect(throws: ScoringError.wrongLogitCount(rows: 1, members: 1, classes: 2, found: 4)) {
      try LabeledLogits(
        borrowing: values, owner: memory, memberCount: 1, classCount: 2, labels: [0])
    }
  }

  @Test func `rows of selected rows are those of the selection`() throws {
    let all = try Self.logits([0, 1, 2, 3, 4, 5], labels: [0, 1, 1])
    let some = try all.selecting(rows: [2, 0]).selecting(rows: [1, 1, 0])
    #expect(some.values == [0, 1, 0, 1, 4, 5])
    #expect(some.labels == [0, 0, 1])
    let scored = try Scorer().rows(of: .ensemble, in: some).rows
    let expected = try Scorer().rows(of: .ensemble, in: all).rows
    #expect(scored == [expected[0], expected[0], expected[2]])
  }

  @Test func `sets that were selected or concatenated before are concatenated`() throws {
    func set(from start: Int, rows: Int) throws -> LabeledLogits {
      try Self.logits(
        (0..<2 * rows).map { Float(start + $0) }, labels: (0..<rows).map { $0 % 2 })
    }
    let (short, long) = (try set(from: 0, rows: 2), try set(from: 100, rows: 4))
    let twice = try LabeledLogits(concatenating: [short, short])
    #expect(twice.values == [0, 1, 2, 3, 0, 1, 2, 3])
    let picked = try long.selecting(rows: [3, 0, 0, 1])
    for sets in [[twice, long], [long, twice], [twice, twice], [twice, picked], [long]] {
      let all = try LabeledLogits(concatenating: sets)
      #expect(all.values == sets.flatMap(\.values))
      #expect(all.labels == sets.flatMap(\.labels))
    }
  }

  @Test(arguments: [
    (
      ScoringError.emptyShape(rows: 0, members: 2, classes: 10),
      "logits [0, 2, 10]: rows, members and classes must be at least 1"
    ),
    (
      .wrongLogitCount(rows: 5, members: 2, classes: 10, found: 99),
      "logits [5, 2, 10] need the product of these as values, not 99"
    ),
    (
      .labelOutOfRange(count: 3, row: 7, label: 10, classes: 10),
      "3 labels are not in 0..<10; the first is 10 in row 7"
    ),
    (
      .notFinite(count: 4, row: 7, member: 1, class: 3),
      "4 logits are NaN or infinite; the first is row 7, member 1, class 3"
    ),
    (.noSuchRow(7, rows: 5), "there is no row 7 in 5 rows"),
    (.noSuchMember(2, members: 2), "there is no member 2 in 2 members"),
    (
      .severalMembers(3),
      "network is the predictor of one member, and there are 3; choose ensemble, ensemble-probs or "
        + "a member"
    ),
    (
      .membersMeanPredictsNothing,
      "members-mean is a mean of metric values and makes no predictions"
    ),
    (.unusableTemperature(-1), "a temperature must be positive and finite, not -1.0"),
    (
      .calibrationOfOtherPredictor("temperature-members", predictor: "member-0"),
      "the calibration temperature-members is not for member-0"
    ),
    (
      .fittedForOtherPredictor("member-0"),
      "the calibration was fitted for another predictor than member-0"
    ),
    (
      .wrongParameterCount(expected: 10, found: 5),
      "the calibration was fitted for 5 members or classes, not for 10"
    ),
    (.notFitted("isotonic"), "the calibration isotonic was not fitted"),
    (.unknownCalibration("platt"), "there is no calibration platt"),
    (.tooFewRowsToHalve(1), "two halves need at least 2 rows, not 1"),
    (
      .notHalves(row: 3, times: 2, rows: 10),
      "each of 10 rows must be in exactly one half, but row 3 is in them 2 times"
    ),
    (
      .halvesOfOtherRows(expected: 10, found: 8),
      "the halves have 8 rows together, but there are 10"
    ),
    (
      .otherShape(expected: [10, 2, 5], found: [9, 2, 5]),
      "the calibrations were fitted on logits [10, 2, 5], this cell has [9, 2, 5]"
    ),
    (
      .otherLabel(row: 4, expected: 1, found: 2),
      "row 4 has label 2, but 1 in the logits that were fitted"
    ),
    (
      .wrongProbabilityCount(classes: 10, found: 9), "10 classes need as many probabilities, not 9"
    ),
    (.notProbability(1.5, class: 3), "the probability of class 3 must be in 0...1, not 1.5"),
  ])
  func `errors say what is wrong and where`(error: ScoringError, expected: String) {
    #expect(error.description == expected)
  }
}
