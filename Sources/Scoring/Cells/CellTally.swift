/// What is gathered of one or several cells under one calibration, before it becomes numbers.
///
/// Tallies of several cells merge into that of all their rows: the pooled figures.
public struct CellTally: Sendable {
  /// What is gathered of rows that were calibrated alike: all of a cell, or one half.
  struct Part: Sendable {
    var predictors: [PredictorTally]
    var pairs: [PairTally]
  }

  struct PredictorTally: Sendable {
    let predictor: Predictor
    let temperature: FittedTemperature?
    var scores: ScoreAccumulator
  }

  struct PairTally: Sendable {
    let pair: DiversityScores.Pair
    var contingency: ErrorContingency
  }

  /// How the probabilities were calibrated.
  public let calibration: Calibration
  private var parts: [Part]

  init(calibration: Calibration, parts: [Part]) {
    self.calibration = calibration
    self.parts = parts
  }

  /// Adds the rows of `other`, a tally of the same predictors under the same temperatures.
  ///
  /// - Throws: `ScoringError.unlikeTallies` when it is not.
  public mutating func merge(_ other: CellTally) throws(ScoringError) {
    guard summary == other.summary else { throw .unlikeTallies(summary, other.summary) }
    for p in parts.indices {
      for i in parts[p].predictors.indices {
        parts[p].predictors[i].scores.merge(other.parts[p].predictors[i].scores)
      }
      for i in parts[p].pairs.indices {
        parts[p].pairs[i].contingency.merge(other.parts[p].pairs[i].contingency)
      }
    }
  }

  /// The numbers: of each predictor and pair the mean over the parts.
  public var scores: CellScores {
    CellScores(
      calibration: calibration, predictors: predictorScores, diversity: diversityScores)
  }

  private var predictorScores: [PredictorScores] {
    let predicting = parts[0].predictors.indices.map { i in
      PredictorScores(parts: parts.map { $0.predictors[i] })
    }
    let members = predicting.filter { if case .member = $0.predictor { true } else { false } }
    return predicting + (members.isEmpty ? [] : [PredictorScores(meanOf: members)])
  }

  private var diversityScores: [DiversityScores] {
    let pairs = parts[0].pairs.indices.map { i in
      DiversityScores(parts: parts.map { $0.pairs[i] })
    }
    return (pairs.isEmpty ? [] : [DiversityScores(meanOf: pairs)]) + pairs
  }

  /// What two tallies must share to be pooled.
  private var summary: String {
    let predictors = parts.flatMap { part in
      part.predictors.map {
        "\($0.predictor.name) of \($0.scores.classCount) classes"
          + ($0.temperature.map { " at \($0.value)" } ?? "")
      }
    }
    return "\(calibration.rawValue) (\(predictors.joined(separator: ", ")))"
  }
}

extension PredictorScores {
  /// The scores over one part or two.
  fileprivate init(parts: [CellTally.PredictorTally]) {
    let temperatures = parts.compactMap(\.temperature)
    predictor = parts[0].predictor
    temperature = mean(temperatures.map(\.value))
    isTemperatureAtBound = temperatures.contains(where: \.isAtBound)
    sampleCount = parts.reduce(0) { $0 + $1.scores.count }
    figures = .mean(parts.map(\.scores.figures))
    reliability = parts.dropFirst().reduce(into: parts[0].scores.reliability) {
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
  /// The figures of a pair over one part or two.
  fileprivate init(parts: [CellTally.PairTally]) {
    pair = parts[0].pair
    sampleCount = parts.reduce(0) { $0 + $1.contingency.count }
    figures = .mean(parts.map(\.contingency.figures))
    hasNoSharedError = parts.contains(where: \.contingency.hasNoSharedError)
  }

  /// The row of the mean over pairs.
  fileprivate init(meanOf pairs: [DiversityScores]) {
    pair = .mean
    sampleCount = pairs[0].sampleCount
    figures = .mean(pairs.map(\.figures))
    hasNoSharedError = pairs.contains(where: \.hasNoSharedError)
  }
}

private func mean(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}
