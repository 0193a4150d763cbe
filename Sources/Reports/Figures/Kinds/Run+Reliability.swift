extension Run {
  private static let shownSeverities = [0, 1, 3, 5]

  /// Reliability diagrams before and after calibration, clean and at three severities.
  func reliabilityDiagrams() -> Figure? {
    let levels = Self.shownSeverities.filter { $0 == 0 || severities.contains($0) }
    var data = DataTable([
      ("calibration", .name), ("severity", .name), ("predictor", .name), ("bin", .name),
      ("lower", .figure), ("upper", .figure), ("count", .count), ("confidence", .figure),
      ("accuracy", .figure),
    ])
    var panels: [Panel] = []
    for calibration in shownCalibrations {
      for level in levels {
        let bins = pooledBins(severity: level, calibration: calibration)
        guard !bins.isEmpty else { continue }
        for (index, bin) in bins.enumerated() {
          data.append(
            [calibration, "\(level)", mainPredictor, "\(index)"],
            [bin.lower, bin.upper, bin.count, bin.confidence, bin.accuracy])
        }
        panels.append(
          .reliability(
            "bins\(panels.count)",
            title: "\(level == 0 ? "clean" : "severity \(level)"), \(calibration)", bins))
      }
    }
    guard !panels.isEmpty else { return nil }
    return Figure(
      name: "reliability", title: "Reliability before and after calibration",
      reading:
        "Points on the dashed line mean that of the predictions made with confidence c a share "
        + "c is right; below it the network is too sure, above it too modest. Bars show how many "
        + "predictions fall into each bin (\(mainPredictor), all corruptions of a severity pooled).",
      panels: panels, across: (two: levels.count, one: 2), data: data)
  }

  /// The bins of all corruptions at a severity as one: counts are sums, means are weighed by them.
  private func pooledBins(severity: Int, calibration: String) -> [Panel.Bin] {
    let names = severity == 0 ? [Self.clean] : corruptions
    return reliability.values(of: "bin").compactMap { bin in
      func number(_ corruption: String, _ column: String) -> Double? {
        reliability[[corruption, "\(severity)", mainPredictor, calibration, bin], column]?.value
      }
      let counted = names.compactMap { name in
        number(name, "count").map { (name: name, count: $0) }
      }
      guard let first = counted.first?.name, let lower = number(first, "lower"),
        let upper = number(first, "upper")
      else { return nil }
      let total = counted.map(\.count).reduce(0, +)
      func mean(_ column: String) -> Double? {
        guard total > 0 else { return nil }
        let sum = counted.reduce(0) { $0 + $1.count * (number($1.name, column) ?? 0) }
        return counted.count == 1 ? number(first, column) : sum / total
      }
      return Panel.Bin(
        lower: lower, upper: upper, count: total, confidence: mean("confidence"),
        accuracy: mean("accuracy"))
    }
  }
}
