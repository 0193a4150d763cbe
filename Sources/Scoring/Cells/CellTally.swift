/// What is gathered of one or several cells under one calibration, before it becomes numbers.
///
/// Tallies of several cells merge into that of all their rows, which gives fewer figures than the
/// logits do when `LabeledLogits.init(concatenating:)` puts them together: see `merge(_:)`.
public struct CellTally: Sendable {
  /// What is gathered of rows that were calibrated alike: all of a cell, or one half.
  struct Part: Sendable {
    var predictors: [PredictorTally]
    var diversity: DiversityAccumulator
  }

  struct PredictorTally: Sendable {
    let predictor: Predictor
    var map: CalibrationMap
    var scores: ScoreAccumulator
    /// Nil where it is undefined, as for the rows of merged tallies.
    var refinementLoss: Double?
  }

  /// How the probabilities were calibrated.
  public let calibration: Calibration
  private var parts: [Part]
  /// How many of the first parts hold every row once; with repetitions, others hold them again.
  private let partsPerPass: Int
  /// Whether each cell was calibrated by a fit of its own.
  private let isFittedToCell: Bool

  init(calibration: Calibration, parts: [Part], isFittedToCell: Bool = false) {
    self.calibration = calibration
    self.parts = parts
    self.isFittedToCell = isFittedToCell
    partsPerPass = parts.count
  }

  /// Tallies of the same cell by several fits on it, at least one.
  init(repetitions: [CellTally]) {
    calibration = repetitions[0].calibration
    parts = repetitions.flatMap(\.parts)
    partsPerPass = repetitions[0].parts.count
    isFittedToCell = true
  }

  /// Adds the rows of `other`, a tally of the same predictors by the same fits.
  ///
  /// The calibration and refinement losses of both together are undefined, for they take one
  /// temperature for all rows, and so is the thresholded error, which takes a second pass over
  /// them. Where each cell has a fit of its own, the temperature is undefined, too.
  ///
  /// - Throws: `ScoringError.unlikeTallies` when it is not.
  public mutating func merge(_ other: CellTally) throws(ScoringError) {
    guard summary == other.summary else { throw .unlikeTallies(summary, other.summary) }
    guard isFittedToCell || maps == other.maps else {
      throw .unlikeTallies(summary, "a tally by another fit")
    }
    for p in parts.indices {
      for i in parts[p].predictors.indices {
        parts[p].predictors[i].merge(other.parts[p].predictors[i])
      }
      parts[p].diversity.merge(other.parts[p].diversity)
    }
  }

  /// The numbers: of each predictor and row of diversity the mean over the parts.
  public var scores: CellScores {
    CellScores(
      calibration: calibration, predictors: predictorScores, diversity: diversityScores)
  }

  private var predictorScores: [PredictorScores] {
    let predicting = parts[0].predictors.indices.map { i in
      PredictorScores(
        parts: parts.map { $0.predictors[i] }, partsPerPass: partsPerPass, calibration)
    }
    let members = predicting.filter { if case .member = $0.predictor { true } else { false } }
    return predicting + (members.isEmpty ? [] : [PredictorScores(meanOf: members)])
  }

  private var diversityScores: [DiversityScores] {
    let scores = parts.map(\.diversity.scores)
    return scores[0].indices.map { row in
      DiversityScores(parts: scores.map { $0[row] }, partsPerPass: partsPerPass)
    }
  }

  private var maps: [[CalibrationMap]] { parts.map { $0.predictors.map(\.map) } }

  /// What two tallies must share to be pooled, but for the numbers that were fitted.
  private var summary: String {
    let predictors = parts.flatMap { part in
      part.predictors.map { tally in
        let temperature = isFittedToCell ? nil : tally.map.temperature
        return "\(tally.predictor.name) of \(tally.scores.classCount) classes"
          + (temperature.map { " at \($0)" } ?? "")
      }
    }
    return "\(calibration.rawValue) (\(predictors.joined(separator: ", ")))"
  }
}

extension CellTally.PredictorTally {
  fileprivate mutating func merge(_ other: CellTally.PredictorTally) {
    scores.merge(other.scores)
    if map != other.map { map = .identity }
    refinementLoss = nil
  }

  /// The figures that `calibration` leaves defined.
  fileprivate func figures(under calibration: Calibration) -> Figures<Metric> {
    var figures = scores.figures
    if let loss = figures[.negativeLogLikelihood], let refinementLoss {
      figures[.calibrationLoss] = loss - refinementLoss
      figures[.refinementLoss] = refinementLoss
    }
    for metric in Metric.allCases where !calibration.defines(metric) { figures[metric] = nil }
    return figures
  }
}

extension PredictorScores {
  /// The scores over all parts; the first `partsPerPass` hold each row once.
  fileprivate init(
    parts: [CellTally.PredictorTally], partsPerPass: Int, _ calibration: Calibration
  ) {
    predictor = parts[0].predictor
    temperature = mean(parts.compactMap(\.map.temperature))
    isTemperatureAtBound = parts.contains(where: \.map.isTemperatureAtBound)
    figures = .mean(parts.map { $0.figures(under: calibration) })
    let pass = parts.prefix(partsPerPass)
    sampleCount = pass.reduce(0) { $0 + $1.scores.count }
    reliability = pass.dropFirst().reduce(into: pass[0].scores.reliability) {
      $0.merge($1.scores.reliability)
    }
  }

  /// The row of `members-mean`.
  fileprivate init(meanOf members: [PredictorScores]) {
    predictor = .membersMean
    temperature = mean(members.compactMap(\.temperature))
    isTemperatureAtBound = members.contains(where: \.isTemperatureAtBound)
    sampleCount = members[0].sampleCount
    figures = .mean(members.map(\.figures))
    reliability = nil
  }
}

extension DiversityScores {
  /// The figures of one row over all parts; the first `partsPerPass` hold each row once.
  fileprivate init(parts: [DiversityScores], partsPerPass: Int) {
    pair = parts[0].pair
    sampleCount = parts.prefix(partsPerPass).reduce(0) { $0 + $1.sampleCount }
    figures = .mean(parts.map(\.figures))
    hasNoSharedError = parts.contains(where: \.hasNoSharedError)
  }
}

private func mean(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}
