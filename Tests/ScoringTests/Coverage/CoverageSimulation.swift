import Foundation
import Scoring

/// How often intervals hold the true value, in repeated samples of images whose class probabilities are
/// known.
struct CoverageSimulation: Sendable {
  /// The calibration errors that are simulated.
  static let metrics: [Metric] = [
    .calibrationError, .maximumCalibrationError, .adaptiveCalibrationError,
    .debiasedCalibrationError, .smoothCalibrationError, .classwiseCalibrationError,
    .thresholdedCalibrationError,
  ]

  /// N, the images of a sample.
  let rowCount: Int
  let population: Population
  var drawCount = 1000
  /// How many images of the population the truth of given fits is taken from.
  var truthRowCount = 20_000
  var scorer = Scorer(threadCount: 2, metrics: metrics + [.accuracy])

  /// How many intervals hold a value.
  struct Tally: Sendable {
    private(set) var count = 0
    /// Intervals that hold the true value, lie above it, and lie below it.
    private(set) var (held, above, below) = (0, 0, 0)
    /// Intervals that hold 0, the value at the best temperature.
    private(set) var heldZero = 0
    private(set) var excludedOwnValue = 0
    private var width = 0.0

    var coverage: Double { Double(held) / Double(count) }
    var coverageOfZero: Double { Double(heldZero) / Double(count) }
    var meanWidth: Double { width / Double(count) }

    mutating func add(_ interval: Interval, around value: Double, truth: Double) {
      // Sums over the population leave 1e-16 of an error that is 0.
      let (low, high) = (interval.low - 1e-12, interval.high + 1e-12)
      count += 1
      width += interval.high - interval.low
      if truth < low { above += 1 } else if truth > high { below += 1 } else { held += 1 }
      if low <= 0, 0 <= high { heldZero += 1 }
      if !(interval.low...interval.high ~= value) { excludedOwnValue += 1 }
    }
  }

  /// What intervals are tallied by.
  struct Key: Hashable, Sendable {
    let calibration: String
    let metric: Metric
    var isPercentile = false
  }

  /// The intervals of `runs` samples for a predictor that scales logits by `scale`, without calibration
  /// and with temperatures, whose truth is that of the fits.
  ///
  /// In the first `percentileRuns` samples percentile intervals are computed as well.
  func tallies(scale: Double, runs: Int, percentileRuns: Int = 0) throws -> [Key: Tally] {
    let truths = population.truths(scales: [scale])
    var tallies: [Key: Tally] = [:]
    for run in 0..<runs {
      let sample = try sample(run, scales: [scale])[0]
      let bootstrap = try Bootstrap(
        imageCount: rowCount, drawCount: drawCount, seed: UInt64(run), threadCount: 2)
      let fitted = try scorer.fit([.none, .temperature], on: sample)
      let temperatures = fitted.maps(of: .temperature, for: .network).compactMap(\.temperature)
      let given = population.truths(
        scales: temperatures.map { scale / $0 }, rowCount: truthRowCount)
      for scores in try scorer.score(sample, with: fitted) {
        let spreads = try scorer.resample(scores, of: sample, by: bootstrap)[.network] ?? [:]
        let values = scores.predictors[0].values
        for metric in Self.metrics {
          guard let value = values[metric], let spread = spreads[metric],
            let truth = (scores.calibration == .none ? truths : given)[metric]
          else { continue }
          tallies[Key(calibration: scores.calibration.name, metric: metric), default: Tally()]
            .add(spread.interval(around: value), around: value, truth: truth)
        }
      }
      guard run < percentileRuns else { continue }
      try addPercentiles(of: sample, bootstrap, truths, to: &tallies)
    }
    return tallies
  }

  /// Tallies the percentile intervals of errors of the top label without calibration.
  private func addPercentiles(
    of sample: LabeledLogits, _ bootstrap: Bootstrap, _ truths: [Metric: Double],
    to tallies: inout [Key: Tally]
  ) throws {
    let rows = try scorer.rowScores(of: .ensemble, in: sample)
    let metrics: [Metric] = [
      .calibrationError, .maximumCalibrationError, .debiasedCalibrationError,
      .adaptiveCalibrationError,
    ]
    let values = ScoredRows(rows, classCount: sample.classCount).values(of: metrics)
    for metric in metrics {
      let draws = try bootstrap.distribution { images in
        ScoredRows(images.map { rows[$0] }, classCount: sample.classCount)
          .values(of: [metric])[metric]
      }
      guard let draws, let value = values[metric], let truth = truths[metric] else { continue }
      let key = Key(calibration: Calibration.none.name, metric: metric, isPercentile: true)
      tallies[key, default: Tally()].add(draws.interval(), around: value, truth: truth)
    }
  }

  /// The intervals of the difference in calibration error of two predictors, of which the second scales
  /// logits that it has changed by noise.
  func differences(
    scales: (first: Double, second: Double), noise: Double, runs: Int
  ) throws -> Tally {
    let truth = population.difference(scales: scales, noise: noise)
    var tally = Tally()
    for run in 0..<runs {
      let samples = try sample(run, scales: [scales.first, scales.second], noise: noise)
      let rows = try samples.map { try scorer.rowScores(of: .ensemble, in: $0) }
      let bootstrap = try Bootstrap(
        imageCount: rowCount, drawCount: drawCount, seed: UInt64(run), threadCount: 2)
      let spreads = try bootstrap.calibrationSpreads(of: rows, metrics: [.calibrationError])
      let values = rows.compactMap { ReliabilityTable($0).calibrationError }
      guard let first = spreads[0][.calibrationError], let second = spreads[1][.calibrationError],
        let difference = first - second
      else { continue }
      let value = values[0] - values[1]
      tally.add(difference.interval(around: value), around: value, truth: truth)
    }
    return tally
  }

  /// The logits of each of `scales` for the same images; those of all but the first with noise.
  func sample(
    _ run: Int, scales: [Double], noise: Double = 0
  ) throws -> [LabeledLogits] {
    let classCount = population.classCount
    var random = NormalNumbers(seed: UInt64(1_000_000 + run))
    let spread = Population.spread(classCount)
    var labels: [Int] = []
    var values = scales.map { _ in [Float]() }
    for _ in 0..<rowCount {
      let logits = (0..<classCount).map { _ in spread * random.next() }
      var rest = random.uniform()
      let probabilities = softmax(logits[...], scale: 1)
      let label = probabilities.firstIndex { probability in
        rest -= probability
        return rest < 0
      }
      labels.append(label ?? classCount - 1)
      for (i, scale) in scales.enumerated() {
        values[i] += logits.map { Float(scale * $0 + (i > 0 ? noise * random.next() : 0)) }
      }
    }
    return try values.map {
      try LabeledLogits($0, memberCount: 1, classCount: classCount, labels: labels)
    }
  }
}
