extension Scorer {
  /// The numbers of a cell without calibration.
  public func score(_ cell: LabelledLogits) throws -> CellScores {
    try tally(cell).scores
  }

  /// The numbers of a cell by the temperatures fitted on clean rows.
  ///
  /// Each half is scored at the temperatures of the other, and the halves are averaged.
  ///
  /// - Parameters:
  ///   - cell: The logits of the images that were fitted, in their order, clean or corrupted.
  ///   - fitted: The temperatures of both halves.
  /// - Returns: The mean of the halves' numbers for every predictor and pair.
  /// - Throws: `ScoringError` when the shape or a label differs from the logits that were fitted.
  public func score(
    _ cell: LabelledLogits, with fitted: HalvesTemperatures
  ) throws -> CellScores {
    try tally(cell, with: fitted).scores
  }

  /// What `score(_:)` makes its numbers of, to be pooled with other cells.
  public func tally(_ cell: LabelledLogits) throws -> CellTally {
    CellTally(calibration: .none, parts: [try part(cell, at: [:])])
  }

  /// What `score(_:with:)` makes its numbers of, to be pooled with other cells.
  ///
  /// - Throws: as `score(_:with:)`.
  public func tally(
    _ cell: LabelledLogits, with fitted: HalvesTemperatures
  ) throws -> CellTally {
    try fitted.check(cell)
    let parts = try zip(fitted.halves.rows, fitted.temperatures.reversed()).map {
      try part(cell.selecting(rows: $0), at: $1)
    }
    return CellTally(calibration: .temperature, parts: parts)
  }

  private func part(
    _ logits: LabelledLogits, at temperatures: [Predictor: FittedTemperature]
  ) throws -> CellTally.Part {
    var predictors: [CellTally.PredictorTally] = []
    var members: [ScoredRows] = []
    for predictor in Predictor.predicting(memberCount: logits.memberCount) {
      let temperature = temperatures[predictor]
      let scored = try rows(of: predictor, in: logits, temperature: temperature?.value ?? 1)
      if case .member = predictor { members.append(scored) }
      predictors.append(
        .init(predictor: predictor, temperature: temperature, scores: ScoreAccumulator(scored)))
    }
    return CellTally.Part(predictors: predictors, pairs: pairs(of: members))
  }

  private func pairs(of members: [ScoredRows]) -> [CellTally.PairTally] {
    members.indices.flatMap { first in
      members.indices.dropFirst(first + 1).map { second in
        CellTally.PairTally(
          pair: .members(first, second),
          contingency: ErrorContingency(members[first].rows, members[second].rows))
      }
    }
  }
}
