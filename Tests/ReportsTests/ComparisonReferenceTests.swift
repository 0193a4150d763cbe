import Formats
import Foundation
import Reports
import Scoring
import TestSupport
import Testing

/// A whole comparison against NumPy, SciPy and statsmodels (Fixtures/make_comparison_fixtures.py).
@Suite struct ComparisonReferenceTests {
  private static let names = ["clean-0", "blur-1", "blur-2", "noise-1", "noise-2"]

  private func write(_ name: String, to folder: borrowing TemporaryFolder) throws -> URL {
    let logits = try NumPyArray(contentsOf: fixture("comparison-logits-\(name).npy"))
    var run = StoredRun(cells: [])
    run.name = name
    run.labels = try NumPyArray(contentsOf: fixture("comparison-labels.npy")).values(of: Int.self)
    run.images = run.labels.count
    (run.memberCount, run.classCount) = (logits.shape[2], logits.shape[3])
    for (index, cell) in Self.names.enumerated() {
      run.cells[cell] = try logits.values(of: Float.self, rows: index..<index + 1)
    }
    return try run.write(to: folder, name)
  }

  private func compare(_ calibration: Calibration, threadCount: Int = 2) throws -> CSVTable {
    let folder = try TemporaryFolder()
    let folders = try ["alpha", "beta", "gamma"].map { try write($0, to: folder) }
    var comparer = RunComparer(threadCount: threadCount)
    (comparer.calibration, comparer.drawCount, comparer.seed) = (calibration, 200, 7)
    return try comparer.compare(folders).table
  }

  // Uncalibrated, sums of 81 and of 200 numbers differ by rounding of less than 1e-12. A temperature is
  // accurate to a relative 1e-6, which changes no metric by more than about ten times as much.
  @Test(arguments: [(Calibration.none, 1e-12), (.temperature, 1e-5)])
  func everyColumnIsWhatOtherSoftwareFinds(calibration: Calibration, bound: Double) throws {
    let file = fixture("comparison-\(calibration.name).csv")
    let (expected, found) = (try CSVTable(contentsOf: file), try compare(calibration))
    #expect(found.header == expected.header)
    let texts = [
      "reference", "run", "corruption", "severity", "predictor", "calibration", "metric",
      "verdict", "samples", "reference_predictor",
    ]
    for column in texts { #expect(found.column(column) == expected.column(column), "\(column)") }
    for column in ["reference_value", "value", "difference", "low", "high"] {
      try expectClose(
        numbers(found, column), numbers(expected, column), absolute: bound, column)
    }
  }

  // Sums of positive terms are rounded; those of accuracy depend on no temperature. A temperature is
  // accurate to a relative 1e-6, which the p-values of other metrics follow about ten times as far.
  @Test(arguments: [(Calibration.none, 1e-10), (.temperature, 1e-5)])
  func pValuesAreWhatOtherSoftwareFinds(calibration: Calibration, bound: Double) throws {
    let expected = try CSVTable(
      contentsOf: fixture("comparison-\(calibration.name).csv"))
    let found = try compare(calibration)
    let metrics = try #require(found.column("metric"))
    let accuracies = try [found, expected].map { table in
      zip(metrics, try #require(table.column("p"))).filter { $0.0 == "accuracy" }
        .compactMap { Double($0.1) }
    }
    #expect(accuracies[0].count == 12, "two runs by five cells and a mean")
    expectClose(
      zip(accuracies[0], accuracies[1]).map { $0 / $1 }, accuracies[0].map { _ in 1.0 },
      absolute: 1e-10, "accuracy")
    for column in ["p", "p_holm"] {
      let pairs = try zip(numbers(found, column), numbers(expected, column))
      expectClose(
        pairs.map { $0 / $1 }, pairs.map { _ in 1.0 }, absolute: bound,
        column)
      #expect(Array(pairs).count == 60, "two runs by five cells and a mean, five metrics")
    }
  }

  @Test func threadsChangeNoBit() throws {
    for calibration in [Calibration.none, .isotonic] {
      let texts = try [1, 3].map { try compare(calibration, threadCount: $0).text }
      #expect(texts[0] == texts[1])
    }
  }

  @Test func calibrationsOfTheConfidenceAloneLeaveNoLossAndBrierScore() throws {
    let metrics = try #require(try compare(.histogram).column("metric"))
    #expect(Set(metrics) == ["accuracy", "ece", "overconfidence"])
  }

  /// The numbers of a column, without empty fields.
  private func numbers(_ table: CSVTable, _ column: String) throws -> [Double] {
    try #require(table.column(column)).filter { !$0.isEmpty }.map { try #require(Double($0)) }
  }
}
