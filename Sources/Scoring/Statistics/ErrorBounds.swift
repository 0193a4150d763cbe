/// An interval that is known by its ends: of a calibration error that no draws are needed for, or of the
/// calibration loss.
public struct ErrorBounds: Sendable, Equatable {
  /// The lower end, which may be negative: a mean of several is cut off at 0, not they.
  let low: Double
  /// The upper end.
  let high: Double
  let kind: Interval.Kind
  /// Whether it is of a difference of two errors, which may be negative.
  let isDifference: Bool

  init(low: Double, high: Double, kind: Interval.Kind, isDifference: Bool = false) {
    self.low = low
    self.high = high
    self.kind = kind
    self.isDifference = isDifference
  }

  /// The 95 % interval, which contains `value`.
  public func interval(around value: Double) -> Interval {
    Interval(low: isDifference ? low : max(0, low), high: high, kind: kind).including(value)
  }

  /// The means of the ends of several, at least one.
  ///
  /// However the errors depend on each other, the deviation of their mean is at most as spread as they
  /// are on average.
  static func mean(of all: [ErrorBounds]) -> ErrorBounds {
    // By size, so that the order does not matter.
    func mean(_ values: [Double]) -> Double {
      values.sorted().reduce(0, +) / Double(values.count)
    }
    return ErrorBounds(
      low: mean(all.map(\.low)), high: mean(all.map(\.high)), kind: all[0].kind,
      isDifference: all[0].isDifference)
  }

  /// How far the first error is above the second: from the ends of both, and so wider than a pairing by
  /// images could make it.
  static func - (first: ErrorBounds, second: ErrorBounds) -> ErrorBounds {
    ErrorBounds(
      low: max(0, first.low) - second.high, high: first.high - max(0, second.low),
      kind: first.kind, isDifference: true)
  }
}

extension ErrorBounds {
  /// The bounds of the mean over `classCount` classes of the calibration error in bins, on `rowCount`
  /// rows.
  ///
  /// With right probabilities, chance makes a sum of errors in bins as large as `ClassErrors.chanceMean`,
  /// give or take 1.96 standard deviations; the error beyond that is real. Upwards it may be as much
  /// larger as chance could have hidden. The variances of classes are added and doubled: the labels of
  /// two classes are the more dependent the fewer classes there are, and of two classes they are the
  /// same. Bins of few rows, where resampling fails, are no exception.
  init(_ errors: ClassErrors, rowCount: Int, classCount: Int) {
    let scale = 1 / (Double(rowCount) * Double(classCount))
    let z = Interval.normalQuantile(upperTail: 0.025)
    let reach = z * (2 * errors.chanceVariance).squareRoot()
    let largest = z * (2 * errors.largestVariance).squareRoot()
    self.init(
      low: (errors.sum - errors.chanceMean - reach) * scale, high: (errors.sum + largest) * scale,
      kind: .binomial)
  }

  /// The bounds of the largest |mean confidence − accuracy| of some bins; nil for no bins.
  ///
  /// Each bin's accuracy has an exact interval (Clopper and Pearson 1934). The largest error is at most
  /// the largest distance of an end from the bin's confidence, at 97.5 % confidence in one bin, that
  /// with the largest error. It is at least the largest distance of an interval from its confidence, at
  /// 97.5 % in all bins together (Bonferroni).
  static func largest(of bins: [RowBin]) -> ErrorBounds? {
    guard !bins.isEmpty else { return nil }
    let (single, all) = (0.025, 0.025 / Double(bins.count))
    return ErrorBounds(
      low: bins.map { $0.accuracyInterval(tail: all).distance(to: $0.confidence) }.max() ?? 0,
      high: bins.map { bin in
        let interval = bin.accuracyInterval(tail: single)
        return max(abs(interval.low - bin.confidence), abs(interval.high - bin.confidence))
      }.max() ?? 0, kind: .clopperPearson)
  }
}

extension [Metric: ErrorBounds] {
  /// The means over several sets of rows, for the metrics that are bounded in all.
  static func mean(_ all: [Self]) -> Self {
    (all.first ?? [:]).keys.reduce(into: [:]) { means, metric in
      let bounds = all.compactMap { $0[metric] }
      if bounds.count == all.count { means[metric] = .mean(of: bounds) }
    }
  }
}

extension ScoredRows {
  /// The bounds of the classwise errors.
  var classBounds: [Metric: ErrorBounds] {
    [
      Metric.classwiseCalibrationError: classwise?.classErrors,
      .thresholdedCalibrationError: thresholdedErrors,
    ].compactMapValues { errors in
      errors.map { ErrorBounds($0, rowCount: rows.count, classCount: classCount) }
    }
  }
}

/// A bin of rows: how sure they are, and how often right.
struct RowBin: Sendable, Equatable {
  /// The mean confidence.
  let confidence: Double
  /// The share of right rows.
  let accuracy: Double
  /// How many independent rows tell as much of the accuracy: their number if each shows an image of its
  /// own, else (Σm)²/Σm² with m of an image (Kish 1965, "Survey sampling").
  let effectiveCount: Double

  /// An exact interval of the accuracy, with the probability `tail` beyond each end.
  func accuracyInterval(tail: Double) -> Interval {
    .clopperPearson(
      successes: min(accuracy, 1) * effectiveCount, count: effectiveCount, tail: tail)
  }
}

extension Interval {
  /// How far a number is outside; 0 within.
  fileprivate func distance(to number: Double) -> Double {
    max(0, low - number, number - high)
  }
}

extension ConfidenceRanking {
  /// The bounds of the largest coverage with a risk of at most `percent` %, where rows are independent.
  ///
  /// The risk among the most confident rows has an exact interval at every coverage (Clopper and Pearson
  /// 1934). The lower end is the largest coverage whose interval lies at or below the wanted risk; the
  /// upper end the largest whose interval begins there. Draws would repeat the few wrong rows that decide.
  func coverageBounds(atRiskPercent percent: Int) -> ErrorBounds {
    let (risk, tail) = (Double(percent) / 100, 0.025)
    var (accepted, wrong) = (count, wrongCount)
    var (low, high): (Int?, Int?)
    for tie in ties where low == nil {
      let right = Double(accepted - wrong)
      if high == nil,
        wrong == 0
          || BetaDistribution(Double(wrong), right + 1).probability(upTo: risk) > tail
      {
        high = accepted
      }
      if right > 0,
        1 - BetaDistribution(Double(wrong) + 1, right).probability(upTo: risk) <= tail
      {
        low = accepted
      }
      accepted -= tie.count
      wrong -= tie.wrongCount
    }
    let count = Double(max(count, 1))
    return ErrorBounds(
      low: Double(low ?? 0) / count, high: Double(high ?? 0) / count, kind: .clopperPearson)
  }
}
