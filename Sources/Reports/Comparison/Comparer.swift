import Scoring

/// Compares runs cell by cell, of which it keeps no more than sums.
struct Comparer {
  private let labels: [String]
  private let imageCount: Int
  private let bootstrap: Bootstrap
  private let seed: UInt64
  private var pairs: [Sums]

  /// What is kept of a run beside the reference.
  private struct Sums {
    var cells: [Comparison.Cell] = []
    /// Of each metric the differences of the corrupted cells' values, summed.
    var values: [Metric: (reference: [Double?], value: [Double?])] = [:]
    /// The same on every draw.
    var distributions: [Metric: [BootstrapDistribution?]] = [:]
    /// Σ over corrupted cells of right − right of the reference.
    var rightDifferences: [Int]  // [images]
    var corruptedCount = 0
  }

  /// - Throws: `ScoringError` for no image or draw.
  init(
    labels: [String], imageCount: Int, drawCount: Int = 1000, seed: UInt64 = 0, threadCount: Int
  ) throws {
    self.labels = labels
    self.imageCount = imageCount
    self.seed = seed
    bootstrap = try Bootstrap(
      imageCount: imageCount, drawCount: drawCount, seed: seed, threadCount: threadCount)
    pairs = labels.dropFirst().map { _ in
      Sums(rightDifferences: [Int](repeating: 0, count: imageCount))
    }
  }

  /// Adds a cell; clean images are those of severity 0.
  ///
  /// - Throws: `ScoringError` when rows and images do not match.
  mutating func add(_ cell: PairedCell) throws {
    let reference = try cell.distributions(0, bootstrap)
    let rights = cell.rights(0, imageCount: imageCount)
    for pair in pairs.indices {
      let run = pair + 1
      let distributions = try cell.distributions(run, bootstrap)
      let mine = cell.rights(run, imageCount: imageCount)
      let differences = Comparison.metrics.map { metric in
        Comparison.Difference(
          metric, reference: cell.value(metric, 0), value: cell.value(metric, run),
          distribution: distributions[metric].flatMap { own in
            reference[metric].map { own - $0 }
          })
      }
      let pValue = McNemarTest(
        onlyFirstRight: zip(rights, mine).count { $0 && !$1 },
        onlySecondRight: zip(rights, mine).count { !$0 && $1 }
      ).pValue
      pairs[pair].cells.append(
        Comparison.Cell(
          corruption: cell.corruption, severity: cell.severity, sampleCount: imageCount,
          differences: differences, pValue: pValue, correctedPValue: pValue, verdict: .undecided))
      guard cell.severity > 0 else { continue }
      pairs[pair].corruptedCount += 1
      for image in 0..<imageCount where rights[image] != mine[image] {
        pairs[pair].rightDifferences[image] += mine[image] ? 1 : -1
      }
      for (place, metric) in Comparison.metrics.enumerated() {
        let one = differences[place]
        pairs[pair].values[metric, default: ([], [])].reference.append(one.reference)
        pairs[pair].values[metric, default: ([], [])].value.append(one.value)
        pairs[pair].distributions[metric, default: []].append(
          distributions[metric].flatMap { own in reference[metric].map { own - $0 } })
      }
    }
  }

  /// What the cells add up to.
  func comparison(predictor: Predictor, calibration: Calibration) -> Comparison {
    Comparison(
      reference: labels[0], predictor: predictor, calibration: calibration,
      pairs: zip(labels.dropFirst(), pairs).map { label, sums in
        Comparison.Pair(label: label, cells: sums.cells, mean: mean(sums))
      })
  }

  private func mean(_ sums: Sums) -> Comparison.Mean? {
    guard sums.corruptedCount > 0 else { return nil }
    let test = SignFlipTest(
      sums.rightDifferences.map { Double($0) / Double(sums.corruptedCount) }, seed: seed)
    return Comparison.Mean(
      cellCount: sums.corruptedCount,
      differences: Comparison.metrics.map { metric in
        Comparison.Difference(
          metric, reference: sums.values[metric].flatMap { Run.mean($0.reference) },
          value: sums.values[metric].flatMap { Run.mean($0.value) },
          distribution: sums.distributions[metric].flatMap(BootstrapDistribution.mean))
      }, pValue: test.pValue, correctedPValue: test.pValue, verdict: .undecided)
  }
}

extension Comparison.Difference {
  fileprivate init(
    _ metric: Metric, reference: Double?, value: Double?, distribution: BootstrapDistribution?
  ) {
    self.init(
      metric: metric, reference: reference, value: value,
      difference: reference.flatMap { reference in value.map { $0 - reference } },
      interval: distribution?.interval())
  }
}
