extension Scorer {
  /// The seeds that cross-validation halves the rows with; the first is MixMo's.
  private static let seeds: ClosedRange<UInt32> = 31...35

  /// The numbers of a cell under calibrations that are cross-validated on the cell itself.
  ///
  /// Five times the rows are halved, and each half is scored by what was fitted on the other: the
  /// numbers are means over ten halves. Of `temperature-after` the negated `nll` is the calibrated
  /// log-likelihood of Ashukha, Lyzhov, Molchanov and Vetrov 2020, "Pitfalls of in-domain
  /// uncertainty estimation and ensembling in deep learning". The first halves are MixMo's.
  ///
  /// - Throws: `ScoringError.tooFewRowsToHalve` below 2 rows, when something is to be fitted.
  public func crossValidate(
    _ cell: LabeledLogits, under calibrations: [Calibration]
  ) throws -> [CellScores] {
    try crossValidatedTallies(cell, under: calibrations).map(\.scores)
  }

  /// What `crossValidate(_:under:)` makes its numbers of, to be pooled with other cells.
  ///
  /// - Throws: as `crossValidate(_:under:)`.
  public func crossValidatedTallies(
    _ cell: LabeledLogits, under calibrations: [Calibration]
  ) throws -> [CellTally] {
    let needsFitting = calibrations.contains(where: \.needsFitting)
    let fits =
      try needsFitting
      ? Self.seeds.map { seed in
        try fit(calibrations, on: cell, halves: CleanHalves(rowCount: cell.rowCount, seed: seed))
      } : [fit(calibrations, on: cell)]
    return try Self.ordered(calibrations).map { calibration in
      let tallies = try (calibration.needsFitting ? fits : [fits[0]]).map {
        try tally(cell, under: calibration, with: $0)
      }
      return tallies.count == 1 ? tallies[0] : CellTally(repetitions: tallies)
    }
  }
}
