extension Scorer {
  /// The numbers of a cell without calibration.
  public func score(_ cell: LabelledLogits) throws -> CellScores {
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
    _ cell: LabelledLogits, with fitted: FittedCalibrations
  ) throws -> [CellScores] {
    try fitted.calibrations.map { try tally(cell, under: $0, with: fitted).scores }
  }

  /// What `score(_:)` makes its numbers of, to be pooled with other cells.
  public func tally(_ cell: LabelledLogits) throws -> CellTally {
    CellTally(calibration: .none, parts: [try part(cell, .none, maps: [:])])
  }

  /// What `score(_:with:)` makes the numbers under one calibration of, to be pooled with other
  /// cells.
  ///
  /// - Throws: as `score(_:with:)`, or when `calibration` was not fitted.
  public func tally(
    _ cell: LabelledLogits, under calibration: Calibration, with fitted: FittedCalibrations
  ) throws -> CellTally {
    switch calibration {
    case .none: return try tally(cell)
    case .oracle: return try oracleTally(cell)
    default:
      try fitted.check(calibration, for: cell)
      let parts = try fitted.folds.map { fold in
        try part(
          fold.rows.map(cell.selecting(rows:)) ?? cell, calibration,
          maps: fold.maps[calibration] ?? [:])
      }
      return CellTally(calibration: calibration, parts: parts)
    }
  }

  private func oracleTally(_ cell: LabelledLogits) throws -> CellTally {
    let maps = try maps(of: [.oracle], on: cell)[.oracle] ?? [:]
    return CellTally(
      calibration: .oracle, parts: [try part(cell, .oracle, maps: maps)], isFittedToCell: true)
  }

  func part(
    _ logits: LabelledLogits, _ calibration: Calibration, maps: [Predictor: CalibrationMap]
  ) throws -> CellTally.Part {
    let halves = calibration.defines(.refinementLoss) ? try logits.halves() : []
    var (predictors, scored): ([CellTally.PredictorTally], [Predictor: ScoredRows]) = ([], [:])
    for predictor in Predictor.predicting(memberCount: logits.memberCount)
    where calibration.applies(to: predictor) {
      let map = maps[predictor] ?? .identity
      let rows = try rows(of: predictor, in: logits, calibration: map)
      scored[predictor] = rows
      predictors.append(
        .init(
          predictor: predictor, map: map, scores: ScoreAccumulator(rows),
          refinementLoss: try refinementLoss(of: predictor, in: halves, calibration: map)))
    }
    return CellTally.Part(
      predictors: predictors,
      diversity: try diversity(of: logits, calibration, maps: maps, scored: scored))
  }

  /// How the members differ; nothing where they have no rows under the calibration.
  private func diversity(
    of logits: LabelledLogits, _ calibration: Calibration, maps: [Predictor: CalibrationMap],
    scored: [Predictor: ScoredRows]
  ) throws -> DiversityAccumulator {
    let members = (0..<logits.memberCount).compactMap { scored[.member($0)]?.rows }
    var diversity = DiversityAccumulator(
      memberCount: members.count, classCount: logits.classCount)
    guard let ensemble = scored[.ensemble]?.rows, !members.isEmpty else { return diversity }
    let distributions =
      calibration.defines(.entropy)
      ? try distributions(of: logits) { maps[.member($0)] ?? .identity }
      : DistributionDiversity(memberCount: members.count)
    diversity.add(members, ensemble: ensemble, distributions: distributions)
    return diversity
  }
}
