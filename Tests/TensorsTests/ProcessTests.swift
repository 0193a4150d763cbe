import Tensors
import TestSupport
import Testing

struct ExactSumsTests {
  private static let columns = 3

  /// Values of both signs over thirty orders of magnitude, `[count, columns]`, whose sums in
  /// Float64 depend on their order.
  private static func rows(_ count: Int) -> [[Double]] {
    var stream = RandomStream(seed: 2, purpose: "rows")
    return (0..<count).map { _ in
      (0..<columns).map { _ in
        let exponent = (stream.nextUniform() - 0.5) * 100
        return (stream.nextUniform() - 0.5)
          * Double(
            sign: .plus, exponent: Int(exponent), significand: 1)
      }
    }
  }

  private static func sums(_ rows: [[Double]], among count: Int) throws -> [[Double]] {
    try ThreadProcesses.run(count) { processes in
      processes.exactSums(
        ofRows: rows[processes.slice(of: rows.count)].flatMap { $0 }, columns: columns)
    }
  }

  // With more processes than rows, some have none.
  @Test(arguments: [1, 2, 100])
  func `neither order nor processes change a bit`(rowCount: Int) throws {
    let rows = Self.rows(rowCount)
    let expected = try Self.sums(rows, among: 1)[0]
    for count in [2, 3, 7] {
      #expect(try Self.sums(rows, among: count).allSatisfy { $0 == expected })
    }
    var stream = RandomStream(seed: 2, purpose: "orders")
    var plain = Set<Double>()
    for _ in 0..<20 {
      let keys = rows.map { _ in stream.nextUniform() }
      let shuffled = zip(keys, rows).sorted { $0.0 < $1.0 }.map(\.1)
      #expect(try Self.sums(shuffled, among: 2)[1] == expected)
      plain.insert(shuffled.reduce(0) { $0 + $1[0] })
    }
    #expect(rowCount < 3 || plain.count > 1, "the order of these rows does not matter")
  }

  @Test func `sums are right to 50 bits of the largest that they can be`() throws {
    let rows = Self.rows(1000)
    for (column, sum) in try Self.sums(rows, among: 3)[0].enumerated() {
      let values = rows.map { $0[column] }
      // Neumaier's sum, whose error is a rounding of the result.
      var (expected, rest) = (0.0, 0.0)
      for value in values {
        let next = expected + value
        rest +=
          expected.magnitude >= value.magnitude
          ? (expected - next) + value : (value - next) + expected
        expected = next
      }
      expected += rest
      let largest = values.map(\.magnitude).max() ?? 0
      // Half a quantum for each value, and a quantum is at most 2⁻⁵⁰ of count · largest.
      let bound = 500 * 1000 * largest * 0x1p-50
      #expect(abs(sum - expected) <= bound)
    }
  }

  @Test func `whole numbers, zeros and the smallest numbers are summed as they are`() throws {
    let least = Double.leastNonzeroMagnitude
    let rows = [[3, 0, least], [-5, -0.0, least], [1e14, 0, 0], [-1e14, 0, least]]
    #expect(try Self.sums(rows, among: 2)[0] == [-2, 0, 3 * least])
  }

  @Test(arguments: [Double.nan, .infinity])
  func `a sum of a value that is not finite is not finite`(value: Double) throws {
    let sums = try Self.sums([[1, 2, 3], [1, value, 3]], among: 2)
    for sum in sums { #expect(sum[0] == 2 && !sum[1].isFinite && sum[2] == 6) }
  }
}

struct WaitingTimeTests {
  @Test func `time during which the process was stopped does not count`() {
    let start = ContinuousClock.now
    func time(_ seconds: Double) -> ContinuousClock.Instant {
      start.advanced(by: .seconds(seconds))
    }
    var waiting = WaitingTime(from: start)
    for seconds in [0.25, 0.5, 1.25] { waiting.look(at: time(seconds)) }
    #expect(waiting.total == .seconds(1.25))
    // Stopped for six minutes, of which a second counts.
    waiting.look(at: time(361.25))
    #expect(waiting.total == .seconds(2.25))
  }
}
