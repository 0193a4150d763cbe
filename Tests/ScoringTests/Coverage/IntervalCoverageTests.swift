import Foundation
import Scoring
import Testing

/// Whether intervals of calibration errors hold the true value, by simulation.
struct IntervalCoverageTests {
  private static let population = Population(rowCount: 20_000, classCount: 4, seed: 2)
  private static let runs = 40

  /// The fewest of 40 intervals that hold the truth where 95 of 100 do: fewer have a probability of
  /// 0.0003, and seven metrics at three scales have one of 0.7 % together.
  private static let fewest = 32

  @Test(arguments: [0.7, 1, 1.5])
  func `95 % intervals hold the true error`(scale: Double) throws {
    var simulation = CoverageSimulation(rowCount: 300, population: Self.population)
    simulation.drawCount = 200
    simulation.truthRowCount = 2000
    let tallies = try simulation.tallies(scale: scale, runs: Self.runs, percentileRuns: 5)
    for (key, tally) in tallies where key.calibration == "none" && !key.isPercentile {
      #expect(tally.held >= Self.fewest, "\(key.metric.name): \(tally.held) of \(Self.runs)")
    }
    for (key, tally) in tallies where !key.isPercentile {
      #expect(tally.count == Self.runs && tally.excludedOwnValue == 0, "\(key.metric.name)")
    }
    // What these intervals replace.
    let percentiles = tallies[
      .init(calibration: "none", metric: .calibrationError, isPercentile: true)]
    if scale == 1 { #expect(percentiles?.held == 0) }
  }

  @Test func `95 % intervals hold the true difference of two runs`() throws {
    var simulation = CoverageSimulation(rowCount: 300, population: Self.population)
    simulation.drawCount = 200
    for pair in CoverageGrid.pairs.prefix(2) {
      let tally = try simulation.differences(
        scales: (pair.first, pair.second), noise: pair.noise, runs: Self.runs)
      #expect(tally.held >= Self.fewest && tally.excludedOwnValue == 0, "\(pair): \(tally.held)")
    }
  }

  /// Writes the tables of the documentation, line by line, into the file that `MIXMO_COVERAGE` names, in
  /// some hours on two cores.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["MIXMO_COVERAGE"] != nil))
  func `the whole grid is tabulated`() throws {
    let path = try #require(ProcessInfo.processInfo.environment["MIXMO_COVERAGE"])
    try Data().write(to: URL(fileURLWithPath: path))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    func write(_ line: String) throws { try file.write(contentsOf: Data("\(line)\n".utf8)) }
    let grid = CoverageGrid { $0 < 10_000 ? 200 : 100 }
    try grid.calibrationErrors(report: write)
    try write("")
    try grid.differences(report: write)
  }
}
