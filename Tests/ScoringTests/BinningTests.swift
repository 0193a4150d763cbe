import Foundation
import Scoring
import TestSupport
import Testing

struct BinningTests {
  private struct Reference: Decodable {
    let problem: Problem
    let bins: Int
    let norm: String
    let values: [String: Double?]
  }

  private static func binning(_ bins: Int, _ norm: String) throws -> Binning {
    Binning(count: bins, norm: try #require(Binning.Norm(rawValue: norm)))
  }

  @Test func `errors in any bins are NumPy's and torchmetrics'`() throws {
    let references = try fixtureValue("binning.json", as: [Reference].self)
    #expect(references.count == 72)
    for reference in references {
      let scorer = Scorer(
        threadCount: 2, binning: try Self.binning(reference.bins, reference.norm))
      let scores = try scorer.score(reference.problem.draw()).predictors[0]
      for (name, expected) in reference.values {
        let metric = try #require(Metric(name: name))
        #expect(Binning.metricNames.contains(name))
        let found = scores.values[metric]
        #expect((found == nil) == (expected == nil), "\(name)")
        guard let found, let expected else { continue }
        // Sums of 300 terms; the root of a difference of squares leaves half the digits near 0.
        let bound = metric == .debiasedCalibrationError ? 1e-7 : 1e-12
        expectClose(
          found, expected, absolute: bound,
          "\(reference.problem) \(name) \(reference.bins) \(reference.norm)")
      }
      #expect(scores.reliability.first?.bins.count == reference.bins)
    }
  }

  @Test func `by default they are the expected errors of 15 bins, to the bit`() throws {
    let logits = try Problem(seed: 1, labelSeed: 101, rows: 257, members: 1, classes: 10).draw()
    let expected = try Scorer(threadCount: 1).score(logits).predictors[0]
    let found = try Scorer(threadCount: 1, binning: Binning(count: 15, norm: .l1))
      .score(logits).predictors[0]
    #expect(found.values == expected.values && found.reliability == expected.reliability)
    let table = try #require(found.reliability.first)
    #expect(table.calibrationError == table.expectedCalibrationError)
    #expect(found.values[.calibrationError] == table.expectedCalibrationError)
  }

  @Test(arguments: Binning.Norm.allCases, UInt64(0)..<8)
  func `few rows in many bins have the error that is defined`(
    norm: Binning.Norm, seed: UInt64
  ) throws {
    var source = SeededGenerator(seed: seed)
    let (classCount, binCount) = (1 + Int(source.next() % 6), 1 + Int(source.next() % 1000))
    let rows = (0..<1 + Int(source.next() % 3)).map { _ in
      // Zeros too: a bin may hold labels alone.
      let probabilities = (0..<classCount).map { _ in
        Double(source.next() % 4) / Double(1 + source.next() % 4 + 3)
      }
      return (probabilities, Int(source.next() % UInt64(classCount)))
    }
    var classwise = ClasswiseCalibration(
      classCount: classCount, binning: Binning(count: binCount, norm: norm))
    for (probabilities, label) in rows {
      try classwise.add(probabilities: probabilities, label: label)
    }
    let errors = (0..<classCount).map { c in
      let bins = Dictionary(grouping: rows) { row in
        max(Int((row.0[c] * Double(binCount)).rounded(.up)), 1)
      }
      let parts = bins.values.map { rows in
        let excess = rows.reduce(0.0) { $0 + $1.0[c] - ($1.1 == c ? 1 : 0) }
        return (count: Double(rows.count), error: abs(excess) / Double(rows.count))
      }
      let total = Double(rows.count)
      switch norm {
      case .l1: return parts.reduce(0) { $0 + $1.count / total * $1.error }
      case .l2: return parts.reduce(0) { $0 + $1.count / total * $1.error * $1.error }.squareRoot()
      case .max: return parts.map(\.error).max() ?? 0
      }
    }
    // Both sides sum at most 18 terms below 1; the squares of l2 lose half the digits near 0.
    expectClose(
      try #require(classwise.calibrationError), errors.reduce(0, +) / Double(classCount),
      absolute: norm == .l2 ? 1e-8 : 1e-14)
  }

  @Test(arguments: UInt64(0)..<12)
  func `the mean is at most the root mean square, and that at most the largest`(
    seed: UInt64
  ) throws {
    var source = SeededGenerator(seed: seed)
    let problem = Problem(
      seed: seed, labelSeed: 40 + seed, rows: 20 + Int(source.next() % 80), members: 1,
      classes: 4, quantum: seed % 2 == 0 ? 0 : 16)
    let logits = try problem.draw()
    let bins = 1 + Int(source.next() % 40)
    let errors = try Binning.Norm.allCases.map { norm in
      try Scorer(threadCount: 1, binning: Binning(count: bins, norm: norm))
        .score(logits).predictors[0].values
    }
    for metric in [
      Metric.calibrationError, .adaptiveCalibrationError, .classwiseCalibrationError,
    ] {
      let values = try errors.map { try #require($0[metric]) }
      // Rounding of sums of 100 terms.
      #expect(values[0] <= values[1] + 1e-14 && values[1] <= values[2] + 1e-14, "\(metric.name)")
    }
    #expect(errors[2][.calibrationError] == errors[0][.maximumCalibrationError])
    if bins == 1 {
      #expect(errors[0][.calibrationError] == errors[2][.calibrationError])
    }
  }

  @Test func `bins that cannot be are the nearest`() {
    #expect(Binning(count: 0).count == 1 && Binning(count: 2000).count == 1000)
    #expect(Binning() == Binning(count: 15, norm: .l1))
    #expect("\(Binning(count: 1, norm: .max))" == "1 bin, norm max")
  }

  @Test(arguments: Binning.Norm.allCases)
  func `counting few classes at a time changes no bit`(norm: Binning.Norm) throws {
    let logits = try Problem(seed: 4, labelSeed: 5, rows: 60, members: 2, classes: 23).draw()
    let binning = Binning(count: 20, norm: norm)
    let expected = try Scorer(threadCount: 1, binning: binning).score(logits)
    for classes in [1, 5, 22] {
      var frugal = Scorer(threadCount: 2, binning: binning)
      // 6 kB a class.
      frugal.classCountMemoryLimit = classes * 6144
      let found = try frugal.score(logits)
      #expect(found.predictors.map(\.values) == expected.predictors.map(\.values))
      #expect(found.diversity.map(\.values) == expected.diversity.map(\.values))
    }
  }

  @Test func `agreement over many classes is that over few`() throws {
    let logits = try Problem(seed: 6, labelSeed: 7, rows: 400, members: 2, classes: 7).draw()
    let rows = try (0..<2).map {
      try Scorer(threadCount: 1).rowScores(of: .member($0), in: logits)
    }
    var (few, many) = (LabelAgreement(classCount: 7), LabelAgreement(classCount: 100_000))
    few.add(rows[0], rows[1])
    many.add(rows[0], rows[1])
    #expect(few.kappa != nil && few.kappa == many.kappa)
    #expect(few.disagreement == many.disagreement)
  }
}
