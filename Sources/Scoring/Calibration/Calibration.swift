/// How probabilities are calibrated before they are scored: the `calibration` column.
public enum Calibration: String, CaseIterable, Sendable {
  /// As the network gave them.
  case none
  /// One temperature for each predictor, fitted on the other half of the clean rows.
  case temperature
}
