extension Scorer {
  /// The numbers of a cell without calibration.
  public func score(_ cell: LabeledLogits) throws -> CellScores {
    try tally(cell).scores
  }

  /// The numbers of a cell under every calibration that was asked for when fitting.
  ///
  /// - Parameters:
  ///   - cell: Logits of the images that were fitted, in their order, clean or corrupted; of any
  ///     images when a validation set was fitted.
  ///   - fitted: What was fitted.
  /// - Returns: Under each calibration the mean over the folds' numbers, for every predictor and
  ///   pair.
  /// - Throws: `ScoringError` when the shape or a label differs from the logits that were fitted.
  public func score(
    _ cell: LabeledLogits, with fitted: FittedCalibrations
  ) throws -> [CellScores] {
    var plain = PlainRows(cell)
    plain.isKeeping = fitted.calibrations.contains { !$0.defines(.entropy) }
    return try fitted.calibrations.map {
      try tally(cell, under: $0, with: fitted, plain: &plain).scores
    }
  }

  /// What `score(_:)` makes its numbers of, to be pooled with other cells.
  public func tally(_ cell: LabeledLogits) throws -> CellTally {
    var plain = PlainRows(cell)
    return try tally(cell, plain: &plain)
  }

  /// What `score(_:with:)` makes the numbers under one calibration of, to be pooled with other
  /// cells.
  ///
  /// - Throws: as `score(_:with:)`, or when `calibration` was not fitted.
  public func tally(
    _ cell: LabeledLogits, under calibration: Calibration, with fitted: FittedCalibrations
  ) throws -> CellTally {
    var plain = PlainRows(cell)
    return try tally(cell, under: calibration, with: fitted, plain: &plain)
  }

  private func tally(
    _ cell: LabeledLogits, under calibration: Calibration, with fitted: FittedCalibrations,
    plain: inout PlainRows
  ) throws -> CellTally {
    switch calibration {
    case .none: return try tally(cell, plain: &plain)
    case .oracle:
      let maps = try maps(of: [.oracle], on: cell)[.oracle] ?? [:]
      return CellTally(
        calibration: .oracle, parts: [try part(cell, .oracle, maps: maps)], isFittedToCell: true)
    default:
      try fitted.check(calibration, for: cell)
      let parts = try fitted.folds.map { fold in
        let maps = fold.maps[calibration] ?? [:]
        guard calibration.defines(.entropy) else {
          return try part(of: fold.rows, &plain, maps: maps)
        }
        return try part(fold.rows.map(cell.selecting(rows:)) ?? cell, calibration, maps: maps)
      }
      return CellTally(calibration: calibration, parts: parts)
    }
  }

  private func tally(_ cell: LabeledLogits, plain: inout PlainRows) throws -> CellTally {
    let part = try part(cell, .none, maps: [:]) { plain.keep($1, of: $0) }
    return CellTally(calibration: .none, parts: [part])
  }

  /// What is gathered of rows whose whole distributions are calibrated; `keep` is told the scores of
  /// each predictor.
  private func part(
    _ logits: LabeledLogits, _ calibration: Calibration, maps: [Predictor: CalibrationMap],
    keep: (Predictor, ScoredRows) -> Void = { _, _ in }
  ) throws -> CellTally.Part {
    let halves = try logits.halves()
    let memberMaps = (0..<logits.memberCount).map { maps[.member($0)] ?? .identity }
    let members =
      calibration.applies(to: .member(0))
      ? try memberRows(in: logits, calibrations: memberMaps) : nil
    var predictors: [CellTally.PredictorTally] = []
    var ensemble: [RowScore] = []
    for predictor in Predictor.predicting(memberCount: logits.memberCount)
    where calibration.applies(to: predictor) {
      let map = maps[predictor] ?? .identity
      let scored: ScoredRows
      if case .member(let member) = predictor, let members {
        scored = members.rows[member]
      } else {
        scored = try rows(of: predictor, in: logits, calibration: map)
      }
      if predictor == .ensemble { ensemble = scored.rows }
      keep(predictor, scored)
      predictors.append(
        .init(
          predictor: predictor, map: map, scores: ScoreAccumulator(scored),
          refinementLoss: try refinementLoss(of: predictor, in: halves, calibration: map)))
    }
    var diversity = DiversityAccumulator(
      memberCount: members == nil ? 0 : logits.memberCount, classCount: logits.classCount)
    if let members {
      diversity.add(
        members.rows.map(\.rows), ensemble: ensemble, distributions: members.distances)
    }
    return CellTally.Part(predictors: predictors, diversity: diversity)
  }

  /// What is gathered of rows whose confidences alone are calibrated.
  private func part(
    of rows: [Int]?, _ plain: inout PlainRows, maps: [Predictor: CalibrationMap]
  ) throws -> CellTally.Part {
    let logits = plain.logits
    var (predictors, scores): ([CellTally.PredictorTally], [Predictor: [RowScore]]) = ([], [:])
    for predictor in Predictor.predicting(memberCount: logits.memberCount) {
      guard let map = maps[predictor], case .confidence(let confidences) = map else { continue }
      let all = try plain.rows(of: predictor, scorer: self)
      let scored = ScoredRows(
        classCount: logits.classCount,
        rows: (rows ?? Array(all.indices)).map { all[$0].calibrated(by: confidences) },
        isConfidenceOnly: true)
      scores[predictor] = scored.rows
      predictors.append(.init(predictor: predictor, map: map, scores: ScoreAccumulator(scored)))
    }
    let members = (0..<logits.memberCount).compactMap { scores[.member($0)] }
    var diversity = DiversityAccumulator(
      memberCount: members.count, classCount: logits.classCount)
    if let ensemble = scores[.ensemble], !members.isEmpty {
      diversity.add(
        members, ensemble: ensemble,
        distributions: DistributionDiversity(memberCount: members.count))
    }
    return CellTally.Part(predictors: predictors, diversity: diversity)
  }
}

/// The uncalibrated scores of a cell: what calibrators of the confidence start from.
struct PlainRows {
  let logits: LabeledLogits
  /// Whether scores that are made anyway will be needed again.
  var isKeeping = false
  private var rows: [Predictor: [RowScore]] = [:]

  init(_ logits: LabeledLogits) { self.logits = logits }

  mutating func keep(_ scored: ScoredRows, of predictor: Predictor) {
    if isKeeping { rows[predictor] = scored.rows }
  }

  /// The scores of every row, made where they were not kept.
  mutating func rows(of predictor: Predictor, scorer: Scorer) throws -> [RowScore] {
    if let known = rows[predictor] { return known }
    let made = try scorer.scores(of: PredictorLogits(predictor, of: logits))
    rows[predictor] = made
    return made
  }
}
