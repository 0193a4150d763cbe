import Foundation

extension Run {
  /// A figure of cells, as people read it.
  struct ShownMetric: Sendable {
    let name: String
    let title: String
    let style: DataTable.Style
    let isBetterLarger: Bool

    /// The title as the first word of a line.
    var heading: String { title.prefix(1).uppercased() + title.dropFirst() }

    static let accuracy = ShownMetric(
      name: "accuracy", title: "accuracy", style: .share, isBetterLarger: true)
    static let negativeLogLikelihood = ShownMetric(
      name: "nll", title: "NLL", style: .figure, isBetterLarger: false)
    static let calibrationError = ShownMetric(
      name: "ece", title: "ECE", style: .figure, isBetterLarger: false)

    /// A value on the scale from end to end of `range`, whose better end is bright.
    func square(_ value: Double, range: ClosedRange<Double>) -> Panel.Square {
      let length = range.upperBound - range.lowerBound
      let share = length > 0 ? (value - range.lowerBound) / length : 0.5
      return Panel.Square(
        text: short(value), color: Palette.scale(isBetterLarger ? share : 1 - share))
    }

    /// A value in the few characters that a square has room for.
    func short(_ value: Double) -> String {
      style == .share
        ? String(format: "%.1f", 100 * value)
        : String(format: value < 9.995 ? "%.2f" : "%.0f", value)
    }
  }

  /// What one map shows: values by corruption and severity.
  struct Mapped: Sendable {
    let predictor: String
    let calibration: String
    let values: [[Double?]]  // [corruptions, severities]
  }

  /// A metric of the ensemble beside its members, or before and after calibration.
  func mapped(_ metric: ShownMetric) -> [Mapped] {
    let shown: [(predictor: String, calibration: String)] =
      metric.name == "accuracy"
      ? [mainPredictor, "members-mean"].filter(predictors.contains).map { ($0, calibrations[0]) }
      : shownCalibrations.map { (mainPredictor, $0) }
    return shown.map { predictor, calibration in
      Mapped(
        predictor: predictor, calibration: calibration,
        values: corruptions.map { corruption in
          severities.map {
            figure(
              metric.name, corruption: corruption, severity: $0, predictor: predictor,
              calibration: calibration)
          }
        })
    }
  }

  /// Maps of a metric over corruption and severity, on a color scale from end to end of `range`.
  ///
  /// Nil where no cell has a value.
  func map(_ metric: ShownMetric, range: ClosedRange<Double>) -> Figure? {
    let mapped = mapped(metric)
    var data = DataTable([
      ("corruption", .name), ("severity", .name), ("predictor", .name), ("calibration", .name),
      (metric.name, metric.style),
    ])
    for one in mapped {
      for (corruption, values) in zip(corruptions, one.values) {
        for (severity, value) in zip(severities, values) {
          data.append([corruption, "\(severity)", one.predictor, one.calibration], [value])
        }
      }
    }
    let panels = mapped.enumerated().map { index, one in
      Panel.map(
        "map\(index)", title: "\(one.predictor), \(one.calibration)", rows: corruptions,
        columns: severities.map { "\($0)" }, columnLabel: "severity",
        one.values.map { $0.map { $0.map { metric.square($0, range: range) } } })
    }
    let unit = metric.style == .share ? " in %" : ""
    return Figure(
      name: "\(metric.name)-map", title: "\(metric.heading) by corruption and severity",
      reading: "Each square is one corruption at one severity, with its \(metric.title)\(unit); "
        + "bright is good, dark is bad, on one scale for all squares. "
        + (metric.name == "accuracy"
          ? "Compare the ensemble with the mean of its members."
          : "Compare the same corruption before and after calibration."),
      panels: panels, across: (two: 2, one: 1), data: data)
  }
}
