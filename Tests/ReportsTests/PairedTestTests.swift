import Foundation
import Reports
import Scoring
import TestSupport
import Testing

/// The tests of single differences against what they are proved by.
@Suite struct PairedTestTests {
  /// How differences are drawn: their sizes, before a shift.
  private static let sizes: [@Sendable (inout SeededGenerator) -> Double] = [
    { Double.random(in: 0...1, using: &$0) },
    { _ in 1 },
    { 1 + Double.random(in: 0...1e-3, using: &$0) },
    { Double([1, 3].randomElement(using: &$0) ?? 1) },
    { exp(4 * Double.random(in: -1...1, using: &$0)) },
    { tan(1.55 * Double.random(in: 0...1, using: &$0)) },
    { Double.random(in: 0...1, using: &$0) < 0.1 ? 20 : Double.random(in: 0...1, using: &$0) },
  ]

  /// The share of all choices of signs whose sum is at least as far from 0.
  private static func exact(_ differences: [Double]) -> Double {
    var sums = [0.0]
    for size in differences.map(abs) { sums = sums.map { $0 + size } + sums.map { $0 - size } }
    // Sums of up to 14 numbers that are equal but for rounding count as equal.
    let far = abs(differences.reduce(0, +)) * (1 - 1e-12)
    return Double(sums.count { abs($0) >= far }) / Double(sums.count)
  }

  @Test(arguments: sizes.indices)
  func `p-values are not below those of all choices of signs`(kind: Int) {
    var generator = SeededGenerator(seed: UInt64(100 + kind))
    var found = 0
    for count in [3, 6, 10, 14] {
      for trial in 0..<40 {
        let share = [0.5, 0.65, 0.8, 0.95][trial % 4]
        let differences = (0..<count).map { _ in
          Self.sizes[kind](&generator)
            * (Double.random(in: 0...1, using: &generator) < share ? 1 : -1)
        }
        let (p, exact) = (PairedMeanTest(differences).pValue, Self.exact(differences))
        guard exact < 0.3 else { continue }
        // Equal sizes have the binomial distribution, whose corrected normal tails are within a tenth.
        #expect(p >= 0.9 * exact, "\(differences)")
        found += 1
      }
    }
    #expect(found > 20)
  }

  @Test func `many differences have the p-values of a normal distribution`() {
    var generator = SeededGenerator(seed: 7)
    let differences = (0..<40_000).map { _ in Double.random(in: -1...1.03, using: &generator) }
    let squares = differences.reduce(0) { $0 + $1 * $1 }
    let z = differences.reduce(0, +) / squares.squareRoot()
    let normal = erfc(z / 2.0.squareRoot())
    let test = PairedMeanTest(differences)
    // The correction is 3/4 of the largest difference, z less by 0.0065, the density's slope times it.
    expectClose(log(test.pValue / normal), 0, absolute: 0.0065 * (z + 1))
    #expect(test.pValue >= normal)
    #expect(test.upperTail < 0.5 && test.lowerTail > 0.5)
  }

  @Test func `no difference has no evidence, its scale none either`() {
    #expect(PairedMeanTest([]).pValue == 1 && PairedMeanTest([0, 0]).pValue == 1)
    let differences = [0.5, -0.25, 1, 2, 0.125]
    let test = PairedMeanTest(differences)
    for factor in [-1, 0x1p-500, 0x1p300] {
      let scaled = PairedMeanTest(differences.map { $0 * factor })
      #expect(scaled.pValue == test.pValue)
    }
  }

  /// Scores of rows whose confidence is `confidence` and of which a share is right.
  private static func rows(
    _ count: Int, seed: UInt64, gap: Double, sure: Bool = false
  ) throws -> [RowScore] {
    var generator = SeededGenerator(seed: seed)
    let confidences = (0..<count).map { _ in
      sure
        ? Double.random(in: 0.93...0.999, using: &generator)
        : Double.random(in: 0.55...0.95, using: &generator)
    }
    let values = confidences.flatMap { [log($0 / (1 - $0)), 0] }
    let labels = confidences.map {
      Double.random(in: 0...1, using: &generator) < $0 - gap ? 0 : 1
    }
    let logits = try LabeledLogits(
      float64: values, memberCount: 1, classCount: 2, labels: labels)
    return try Scorer(threadCount: 1).rowScores(of: .network, in: logits)
  }

  @Test(arguments: Binning.Norm.allCases)
  func `upper evidence is the calibration error, lower evidence is not above the truth`(
    norm: Binning.Norm
  ) throws {
    let binning = Binning(count: 15, norm: norm)
    var lower = 0.0
    for seed in 0..<200 {
      let rows = try Self.rows(300, seed: UInt64(seed), gap: 0)
      let evidence = CalibrationEvidence(rows, binning: binning)
      let error = ReliabilityTable(rows, binning: binning).calibrationError ?? .nan
      // Sums of 300 numbers below 15, some of which cancel.
      expectClose(evidence.upper.reduce(0, +) / 300, error, absolute: 1e-12)
      lower += evidence.lower.reduce(0, +) / 300 / 200
      #expect(error > 0)
    }
    // The truth is 0; the mean of 200 means of 300 numbers of at most half, times up to 15 in the norm max.
    let deviation = (norm == .max ? 15.0 : 1) * 0.5 / (300.0 * 200).squareRoot()
    #expect(lower < 4 * deviation)
  }

  @Test(arguments: 0..<20)
  func `weights of images do not change the test of counts`(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(900 + seed))
    let figure = Metric("share", of: .rows(needsDistribution: false) { _ in nil }, better: .higher)
    let (imageCount, cellCount) = (60, [1, 4, 7][seed % 3])
    let counts = (0..<2).map { run in
      (0..<imageCount).map { _ in
        (0..<cellCount).count { _ in
          Double.random(in: 0...1, using: &generator) < 0.4 + 0.2 * Double(run)
        }
      }
    }
    func test(weight: Double) -> PairedTest {
      let scores = counts.map { counts in
        (0..<cellCount).reduce(into: ImageScores(imageCount: imageCount)) { sum, cell in
          var ofCell = ImageScores(imageCount: imageCount)
          // Sums over cells, rounded as in a comparison.
          ofCell.figures = [figure: counts.map { $0 > cell ? weight : 0 }]
          sum.add(ofCell)
        }
      }
      return scores[1].test(figure, against: scores[0])
    }
    let plain = test(weight: 1)
    #expect(plain.pValue > 0 && plain.pValue <= 1)
    for weight in [10.0 / 3, 0.1, 7.3e-5] { #expect(test(weight: weight) == plain) }
  }

  /// How often a claim is made at 5 % of 400 pairs of runs.
  private func claims(
    _ metric: Metric, gaps: (Double, Double), sure: Bool, count: Int = 500
  ) throws -> (wins: Int, losses: Int) {
    var tally = (wins: 0, losses: 0)
    for index in 0..<400 {
      let scores = try [(gaps.0, false), (gaps.1, sure)].enumerated().map { run, kind in
        let rows = try Self.rows(
          count, seed: UInt64(2 * index + run), gap: kind.0, sure: kind.1)
        return ImageScores(
          [ScoredRows(rows, classCount: 2)], parts: [Array(0..<count)], imageCount: count)
      }
      let test = scores[1].test(metric, against: scores[0])
      if test.verdict == .win { tally.wins += 1 }
      if test.verdict == .loss { tally.losses += 1 }
    }
    return tally
  }

  @Test(arguments: [Metric.calibrationError, .overconfidence], [false, true])
  func `runs of the same error are rarely told apart, however sure they are`(
    metric: Metric, sure: Bool
  ) throws {
    for gap in [0, 0.03] {
      let claims = try claims(metric, gaps: (gap, gap), sure: sure)
      // With an error rate of 5 %, at most 34 of 400 are wrong with probability 0.999 (binomial).
      #expect(claims.wins + claims.losses <= 34)
    }
  }

  @Test func `a better calibrated run is found`() throws {
    for metric in [Metric.calibrationError, .overconfidence] {
      let better = try claims(metric, gaps: (0.2, 0.02), sure: false)
      #expect(better.losses == 0 && better.wins > 300)
      let worse = try claims(metric, gaps: (0.02, 0.2), sure: false)
      #expect(worse.wins == 0 && worse.losses > 300)
    }
  }

  @Test func `overconfidence of equal size and other sign is not closer to 0`() throws {
    let claims = try claims(.overconfidence, gaps: (0.05, -0.05), sure: false)
    #expect(claims.wins + claims.losses <= 34)
  }
}
