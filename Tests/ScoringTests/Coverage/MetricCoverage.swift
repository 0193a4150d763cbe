import Foundation
import Scoring

/// How often the intervals of all metrics hold the true value, in repeated samples.
///
/// Images and labels are those of `CoverageSimulation`. The truth is the value on a sample that is a
/// thousand times as large, whose own error is a thirtieth of an interval.
struct MetricCoverage: Sendable {
  static let metrics =
    Metric.all + [MetricGroup.selective, .decompositions].flatMap(\.metrics)

  let rowCount: Int
  let classCount: Int
  /// What a predictor multiplies logits by; 1 is calibrated.
  let scale: Double
  var drawCount = 400
  var truthRowCount = 300_000

  /// Of each metric how many of the intervals of `runs` samples hold its true value; Wilson's interval of
  /// the accuracy is tallied as `wilson`.
  func tallies(runs: Int) throws -> [String: CoverageSimulation.Tally] {
    let truths = try truths()
    let simulation = simulation(rowCount)
    let scorer = Scorer(threadCount: 2, metrics: Self.metrics)
    var tallies: [String: CoverageSimulation.Tally] = [:]
    for run in 0..<runs {
      let sample = try simulation.sample(run, scales: [scale])[0]
      let bootstrap = try Bootstrap(
        imageCount: rowCount, drawCount: drawCount, seed: UInt64(run), threadCount: 2)
      let scores = try scorer.score(sample)
      let spreads = try scorer.resample(scores, of: sample, by: bootstrap)[.network] ?? [:]
      let values = scores.predictors[0].values
      for metric in Self.metrics {
        guard let value = values[metric], let spread = spreads[metric], let truth = truths[metric]
        else { continue }
        tallies[metric.name, default: .init()].add(
          spread.interval(around: value), around: value, truth: truth)
      }
      guard let accuracy = values[.accuracy], let truth = truths[.accuracy],
        let wilson = Interval.wilson(
          successes: Int((accuracy * Double(rowCount)).rounded()), count: rowCount)
      else { continue }
      tallies["wilson", default: .init()].add(wilson, around: accuracy, truth: truth)
    }
    return tallies
  }

  private func simulation(_ rowCount: Int) -> CoverageSimulation {
    CoverageSimulation(
      rowCount: rowCount, population: Population(rowCount: 1, classCount: classCount, seed: 1))
  }

  /// The values of a large sample; what a calibrated predictor has of errors is 0.
  private func truths() throws -> MetricValues<Metric> {
    let large = try simulation(truthRowCount).sample(-1, scales: [scale])[0]
    var truths = try Scorer(threadCount: 2, metrics: Self.metrics).score(large).predictors[0].values
    let plugIn = Population(rowCount: truthRowCount / 10, classCount: classCount, seed: 2)
      .truths(scales: [scale])
    for (metric, value) in plugIn { truths[metric] = value }
    if scale == 1 { truths[.calibrationLoss] = 0 }
    return truths
  }
}
