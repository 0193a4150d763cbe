import Foundation
import Scoring

/// The simulations of the documentation's tables, as Markdown.
struct CoverageGrid {
  static let rowCounts = [300, 2000, 10_000]
  static let classCounts = [4, 100]
  static let scales = [0.7, 0.87, 1, 1.15, 1.5]
  /// Scales of two predictors, and the noise of the second.
  static let pairs: [(first: Double, second: Double, noise: Double)] = [
    (1, 1.5, 0.3), (1, 1, 0.3), (1, 1, 2), (1.15, 1.15, 0.3), (1.5, 1.5, 0.3), (1.5, 1.7, 0.3),
    (1.15, 1, 0.3), (0.7, 1.5, 0.3),
  ]

  /// How many samples of `rowCount` rows are drawn.
  let runs: (_ rowCount: Int) -> Int

  private static func population(_ classCount: Int) -> Population {
    Population(rowCount: classCount < 50 ? 200_000 : 40_000, classCount: classCount, seed: 1)
  }

  /// Calls `report` with each line of the table of one number of rows and classes.
  func calibrationErrors(
    rowCounts: [Int] = rowCounts, classCounts: [Int] = classCounts, scales: [Double] = scales,
    report: (String) throws -> Void
  ) throws {
    try report(
      "| N | classes | scale | metric | held % | width | percentile: held % | width "
        + "| with temperature: held % | holds 0 % | width |")
    try report("|---|---|---|---|---|---|---|---|---|---|---|")
    for classCount in classCounts {
      let population = Self.population(classCount)
      for rowCount in rowCounts {
        var simulation = CoverageSimulation(rowCount: rowCount, population: population)
        simulation.truthRowCount = classCount < 50 ? 20_000 : 5000
        for scale in scales {
          let tallies = try simulation.tallies(
            scale: scale, runs: runs(rowCount),
            percentileRuns: min(runs(rowCount), 40, 100_000 / rowCount))
          for metric in CoverageSimulation.metrics {
            func tally(_ calibration: String, _ isPercentile: Bool = false) -> [String] {
              let key = CoverageSimulation.Key(
                calibration: calibration, metric: metric, isPercentile: isPercentile)
              guard let tally = tallies[key] else { return ["", "", ""] }
              return [
                Self.percent(tally.coverage), String(format: "%.4f", tally.meanWidth),
                Self.percent(tally.coverageOfZero),
              ]
            }
            let (plain, percentile) = (tally("none"), tally("none", true))
            let calibrated = tally("temperature")
            let fields =
              ["\(rowCount)", "\(classCount)", "\(scale)", metric.name] + plain[..<2]
              + percentile[..<2] + [calibrated[0], calibrated[2], calibrated[1]]
            try report("| " + fields.joined(separator: " | ") + " |")
          }
        }
      }
    }
  }

  /// Calls `report` with each line of the table of differences in `ece`.
  func differences(
    rowCounts: [Int] = rowCounts, classCounts: [Int] = classCounts, report: (String) throws -> Void
  ) throws {
    try report("| N | classes | scales | noise | held % | width |")
    try report("|---|---|---|---|---|---|")
    for classCount in classCounts {
      let population = Self.population(classCount)
      for rowCount in rowCounts {
        let simulation = CoverageSimulation(rowCount: rowCount, population: population)
        for pair in Self.pairs {
          let tally = try simulation.differences(
            scales: (pair.first, pair.second), noise: pair.noise, runs: runs(rowCount))
          try report(
            "| \(rowCount) | \(classCount) | \(pair.first), \(pair.second) | \(pair.noise) "
              + "| \(Self.percent(tally.coverage)) | \(String(format: "%.4f", tally.meanWidth)) |")
        }
      }
    }
  }

  private static func percent(_ share: Double) -> String { String(format: "%.0f", 100 * share) }
}
