/// The numbers of one cell (a corruption at a severity) under one calibration.
public struct CellScores: Sendable {
  /// How the probabilities were calibrated.
  public let calibration: Calibration
  /// One row of `cells.csv` for each predictor, `members-mean` last.
  public let predictors: [PredictorScores]
  /// The rows of `diversity.csv`: the mean over pairs, then each pair; none for one member.
  public let diversity: [DiversityScores]
}

/// A predictor's row in `cells.csv`, and its reliability table.
public struct PredictorScores: Sendable {
  /// Who predicted.
  public let predictor: Predictor
  /// T, the mean over halves, and over members that have their own; nil where none is fitted.
  public let temperature: Double?
  /// Whether a temperature was cut off at its bound, which deserves a warning.
  public let isTemperatureAtBound: Bool
  /// How many rows were scored.
  public let sampleCount: Int
  /// The metrics that are defined; with halves the mean of theirs.
  public let figures: Figures<Metric>
  /// The table of all rows, so that its counts add up to them; nil for `members-mean`.
  ///
  /// With halves, its calibration error is not the mean of theirs. Of repeated cross-validation it
  /// is the table of the first repetition.
  public let reliability: ReliabilityTable?
}

/// A row in `diversity.csv`.
public struct DiversityScores: Sendable {
  /// Which members are compared.
  public enum Pair: Hashable, Sendable {
    /// The mean over all pairs, with the figures of all members at once.
    case mean
    /// Two members, the lower index first.
    case members(Int, Int)

    /// The name in the `pair` column.
    public var name: String {
      switch self {
      case .mean: "mean"
      case .members(let first, let second): "\(first)-\(second)"
      }
    }
  }

  /// Which members are compared.
  public let pair: Pair
  /// How many rows were compared.
  public let sampleCount: Int
  /// The figures that are defined; with halves the mean of theirs.
  public internal(set) var figures: Figures<DiversityFigure>
  /// Whether somewhere no error was shared, and MixMo's rule stood in for the ratio of errors.
  public let hasNoSharedError: Bool
}
