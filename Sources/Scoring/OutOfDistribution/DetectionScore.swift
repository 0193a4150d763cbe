/// A number by which images of no class are told from those of a test set: the higher, the more like the
/// test set.
///
/// They are of a predictor's calibrated rows, and a predictor has those that are defined for it.
public enum DetectionScore: String, CaseIterable, Sendable {
  /// The top-label confidence (Hendrycks and Gimpel 2017, "A baseline for detecting misclassified and
  /// out-of-distribution examples in neural networks"), ranked as ``RowScore/rankingScore`` ranks it.
  case maximumProbability = "msp"
  /// The largest logit (Hendrycks et al. 2022, "Scaling out-of-distribution detection for real-world
  /// settings"); where a predictor has no logits, the logarithm of its largest probability, which ranks as
  /// the probability does.
  case maximumLogit = "max_logit"
  /// log Σ exp(logit) (Liu, Wang, Owens, Li 2020, "Energy-based out-of-distribution detection").
  ///
  /// Only of logits: of logarithms of probabilities it is 0 for every image.
  case energy
  /// Σ p log p, the negated entropy in nats.
  case entropy
  /// The negated mutual information of the members, in nats: their mean entropy less the entropy of their mean.
  case mutualInformation = "mutual_information"
  /// The negated mean over classes of the variance of the members' probabilities, divided by M.
  case variance

  /// The name in the column `score`.
  public var name: String { rawValue }
}

extension Scorer {
  /// The scores of every row that are defined for `predictor` under `calibrations`.
  ///
  /// Of a calibrated confidence there is `msp` alone: the rest is what it was. `max_logit` and `energy` are of
  /// logits that are calibrated as such; those of `ensemble` are the mean logits. `mutual_information` and
  /// `variance` are those of predictors that pool members, where a calibration acts on the members.
  ///
  /// - Returns: For each score a number for each row, none of them NaN.
  /// - Throws: `ScoringError` when there is no such predictor, or a calibration is not for it.
  public func detectionScores(
    of predictor: Predictor, in logits: LabeledLogits, calibrations: RowCalibrations
  ) throws -> [DetectionScore: [Double]] {
    let rows = try rowScores(of: predictor, in: logits, calibrations: calibrations)
    var columns = [DetectionScore.maximumProbability: rows.map(\.rankingScore)]
    guard !calibrations.maps.contains(where: \.isOfConfidence) else { return columns }
    columns[.entropy] = rows.map { -$0.entropy }
    if logits.numbers == .logits, predictor != .ensembleProbabilities,
      calibrations.maps.allSatisfy(\.actsOnLogits)
    {
      let scores = try logitScores(of: predictor, in: logits, calibrations)
      columns[.maximumLogit] = scores.map(\.largest)
      columns[.energy] = scores.map(\.energy)
    } else {
      columns[.maximumLogit] = columns[.maximumProbability]
    }
    if predictor.poolsMembers, let spreads = try disagreements(in: logits, calibrations) {
      columns[.mutualInformation] = spreads.map { -$0.information }
      columns[.variance] = spreads.map { -$0.variance }
    }
    return columns
  }

  private func logitScores(
    of predictor: Predictor, in logits: LabeledLogits, _ calibrations: RowCalibrations
  ) throws -> [LogitScores] {
    let source = try PredictorLogits(
      predictor, of: logits, calibrations: calibrations, asTheyAre: true)
    return blocks.flatMap(logits.rowCount) { block in
      let scorer = RowScorer(source)
      return block.map(scorer.logitScores)
    }
  }

  /// How far the members are apart in each row; nil where the calibrations act on what is pooled.
  private func disagreements(
    in logits: LabeledLogits, _ calibrations: RowCalibrations
  ) throws -> [MemberDisagreement]? {
    let members = (0..<logits.memberCount).compactMap { member in
      calibrations.replacingMaps { $0.ofMember(member) }
    }
    guard members.count == logits.memberCount else { return nil }
    let sources = try members.enumerated().map {
      try PredictorLogits(.member($0), of: logits, calibrations: $1)
    }
    return blocks.flatMap(logits.rowCount) { block in
      let scorers = sources.map(RowScorer.init)
      let distances = DistributionDistances(scorers.map(\.distribution))
      var disagreements: [MemberDisagreement] = []
      for row in block {
        for scorer in scorers { _ = scorer.score(row) }
        disagreements.append(distances.disagreement)
      }
      return disagreements
    }
  }
}

/// What the logits of one row give beside their softmax.
private struct LogitScores: Sendable {
  let largest: Double
  let energy: Double
}

extension RowScorer {
  /// The scores of a row of one distribution of logits.
  fileprivate func logitScores(of row: Int) -> LogitScores {
    source.load(row, into: logProbabilities)
    let scale = source.part(of: row).pointee.scales[0]
    let softmax = Softmax(
      logProbabilities, count: classCount, scale: scale, exponentials: probabilities)
    let largest = scale * logProbabilities[softmax.largest]
    return LogitScores(largest: largest, energy: largest + softmax.logSum)
  }
}

extension CalibrationMap {
  /// Whether what it leaves are logits.
  fileprivate var actsOnLogits: Bool {
    switch self {
    case .identity, .temperature, .memberTemperatures, .logits: true
    case .temperatureAfterAveraging, .logarithms, .distribution, .confidence: false
    }
  }

  /// What it does to the logits of one member; nil where it acts on what is pooled.
  fileprivate func ofMember(_ member: Int) -> CalibrationMap? {
    switch self {
    case .identity, .temperature, .logits: self
    case .memberTemperatures(let values, _):
      values.indices.contains(member) ? .temperature(values[member]) : nil
    case .temperatureAfterAveraging, .logarithms, .distribution, .confidence: nil
    }
  }
}
