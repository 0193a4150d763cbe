/// What the numbers of a run's tables are of: those of two kinds do not compare.
///
/// A plug-in calibration error of fewer rows is larger, so that a mean over halves lies above the number
/// of all rows.
package enum Figures: String, Codable, Sendable {
  /// All rows of a cell. A calibrated row is scored by a fit on other images.
  case allRows = "all rows"
  /// Means over halves of the rows, without calibration too.
  case meansOfHalves = "means of halves"
  /// Those of older versions: means over halves where calibrated, all rows without calibration.
  case olderHalves = "means of halves where calibrated, all rows without calibration"
}
