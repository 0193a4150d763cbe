import Scoring
import TestSupport
import Testing

/// Intervals of calibration errors from signed errors of bins, on every draw.
struct ErrorSpreadTests {
  /// The error of each of 15 bins of equal width, divided by all rows.
  private static func errors(_ rows: [RowScore]) -> [Double] {
    (0..<15).map { bin in
      rows.reduce(0) { sum, row in
        let isIn =
          row.confidence > Double(bin) / 15 && row.confidence <= Double(bin + 1) / 15
        return isIn ? sum + row.confidence - (row.isRight ? 1 : 0) : sum
      } / Double(rows.count)
    }
  }

  /// The quantile of sorted numbers with linear interpolation.
  private static func quantile(_ values: [Double], _ q: Double) -> Double {
    let sorted = values.sorted()
    let position = q * Double(sorted.count - 1)
    let below = Int(position)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
  }

  private static func rows(_ problem: Problem) throws -> [RowScore] {
    try Scorer(threadCount: 1).rowScores(of: .ensemble, in: problem.draw())
  }

  static let problems = [
    Problem(seed: 21, labelSeed: 121, rows: 150, members: 1, classes: 5, skill: 15, bonus: 8),
    Problem(seed: 22, labelSeed: 122, rows: 90, members: 2, classes: 3, quantum: 16),
    Problem(seed: 23, labelSeed: 123, rows: 120, members: 1, classes: 4, labels: "wrong"),
  ]

  /// How far the error may lie above the truth, and draws above the error, from the drawn images alone.
  private static func deviations(
    _ rows: [RowScore], _ bootstrap: Bootstrap
  ) -> (above: [Double], below: [Double]) {
    let data = errors(rows)
    let count = Double(rows.count)
    let isClear = data.indices.map { bin in
      let squares = rows.reduce(0) { sum, row in
        let own = errors([row])[bin]
        return sum + (own - data[bin]) * (own - data[bin])
      }
      return abs(data[bin]) > 3 * squares.squareRoot() / count
    }
    var (above, below): ([Double], [Double]) = ([], [])
    for draw in 0..<bootstrap.drawCount {
      let drawn = errors(bootstrap.images(ofDraw: draw).map { rows[$0] })
      var (up, down) = (0.0, 0.0)
      for bin in data.indices {
        let signed = (data[bin] < 0 ? -1 : 1) * (drawn[bin] - data[bin])
        up += isClear[bin] ? signed : abs(drawn[bin] - data[bin])
        down += isClear[bin] ? signed : abs(drawn[bin]) - abs(data[bin])
      }
      above.append(up)
      below.append(down)
    }
    return (above, below)
  }

  @Test(arguments: problems)
  func `the interval is that of the errors of drawn images`(problem: Problem) throws {
    let rows = try Self.rows(problem)
    let bootstrap = try Bootstrap(imageCount: rows.count, drawCount: 60, seed: problem.seed)
    let (above, below) = Self.deviations(rows, bootstrap)
    let value = Self.errors(rows).reduce(0) { $0 + abs($1) }
    let spread = try #require(
      try bootstrap.calibrationSpreads(of: [rows], metrics: [.calibrationError])[0][
        .calibrationError])
    let interval = spread.interval(around: value)
    // Sums of 150 numbers below 1.
    expectClose(
      [interval.low, interval.high],
      [
        max(0, min(value, value - Self.quantile(above, 0.975))),
        max(value, value - Self.quantile(below, 0.005)),
      ], absolute: 1e-13)
  }

  @Test func `a difference takes the deviations of both on the same draws`() throws {
    let (first, second) = (try Self.rows(Self.problems[0]), try Self.rows(Self.problems[2]))
    let shared = Array(first.prefix(120))
    let bootstrap = try Bootstrap(imageCount: 120, drawCount: 60, seed: 4)
    let (a, b) = (Self.deviations(shared, bootstrap), Self.deviations(second, bootstrap))
    let spreads = try bootstrap.calibrationSpreads(
      of: [shared, second], metrics: [.calibrationError]
    ).compactMap { $0[.calibrationError] }
    let difference: MetricSpread? = spreads[0] - spreads[1]
    let interval = try #require(difference).interval(around: 0.25)
    let low = Self.quantile(zip(a.above, b.below).map(-), 0.975)
    let high = Self.quantile(zip(b.above, a.below).map(-), 0.975)
    // As above.
    expectClose(
      [interval.low, interval.high], [0.25 - max(0, low), 0.25 + max(0, high)], absolute: 1e-13)
    // A run against itself differs by nothing, and the interval says how much it may.
    let itself: MetricSpread? = spreads[0] - spreads[0]
    let same = try #require(itself).interval(around: 0)
    #expect(same.low <= 0 && same.high >= 0 && same.kind == .signedErrors)
  }

  @Test func `a mean is that of deviations, draw by draw`() throws {
    let spread = try #require(
      try Bootstrap(imageCount: 150, drawCount: 40).calibrationSpreads(
        of: [Self.rows(Self.problems[0])])[0][.calibrationError])
    // Sums of equal numbers, divided by their count.
    let mean = try #require(MetricSpread.mean(of: [spread, spread, spread]))
    let (one, several) = (spread.interval(around: 0.1), mean.interval(around: 0.1))
    expectClose([several.low, several.high], [one.low, one.high], absolute: 1e-15)
    #expect(MetricSpread.mean(of: [spread, nil]) == nil)
    #expect(MetricSpread.mean(of: []) == nil)
  }

  @Test func `any number of threads gives the same bits`() throws {
    let rows = try Self.rows(Self.problems[1])
    let spreads = try [1, 3].map {
      try Bootstrap(imageCount: 90, drawCount: 50, threadCount: $0)
        .calibrationSpreads(of: [rows, rows])
    }
    #expect(spreads[0] == spreads[1])
    #expect(spreads[0][0].count == Bootstrap.calibrationErrors.count)
  }

  @Test func `rows of images that a draw misses have no spread`() throws {
    let rows = Array(try Self.rows(Self.problems[0]).prefix(1))
    let spreads = try Bootstrap(imageCount: 10).calibrationSpreads(of: [rows], images: [3])
    // The bounds need no draws.
    #expect(spreads[0].keys.map(\.name) == ["mce"])
    #expect(try Bootstrap(imageCount: 3).calibrationSpreads(of: [[]], images: [])[0].isEmpty)
  }
}
