import Scoring

extension Panel {
  /// The rows whose confidence lies in one interval.
  struct Bin: Sendable {
    let lower: Double
    let upper: Double
    /// How many rows there are.
    let count: Double
    /// The mean confidence; nil for an empty bin.
    let confidence: Double?
    /// The share of rows that are right; nil for an empty bin.
    let accuracy: Double?
  }

  /// The heights of the bar of the fullest bin, and of one that holds any row, of an axis of length 1.
  private static let (tallestBar, lowestBar) = (0.4, 0.02)

  /// Accuracy against confidence, with bars at the lower edge for the number of rows in each bin.
  static func reliabilityDiagram(_ name: String, title: String, _ bins: [Bin]) -> Panel {
    let largest = max(bins.map(\.count).max() ?? 0, 1)
    let bars = bins.filter { $0.count > 0 }.map { bin -> String in
      let (middle, width) = ((bin.lower + bin.upper) / 2, bin.upper - bin.lower)
      let height = max(tallestBar * bin.count / largest, lowestBar)
      return [middle, height, width].map { Gnuplot.field($0) }.joined(separator: "\t")
    }
    // A blank line breaks the line where a bin is empty.
    let points = bins.map {
      $0.count > 0 ? "\(Gnuplot.field($0.confidence))\t\(Gnuplot.field($0.accuracy))" : ""
    }
    return Panel(
      title: title, height: 118, leftMargin: 56, bottomMargin: 42,
      blocks: [
        Block(name: "\(name)bars", lines: bars),
        Block(name: "\(name)points", lines: points),
      ], hasPoints: !bars.isEmpty,
      commands: [
        "set xrange [0:1]", "set yrange [0:1]", "set xtics 0, 0.5 nomirror",
        "set ytics 0, 0.5 nomirror", "set xlabel 'confidence'", "set ylabel 'accuracy'",
        "set arrow from 0, 0 to 1, 1 nohead linecolor rgb 'black' dashtype 2",
        "plot $\(name)bars using 1:2:3 with boxes fillstyle solid 1 noborder linetype 6 notitle, "
          + "$\(name)points using 1:2 with linespoints linetype 1 notitle",
      ])
  }
}

extension Run {
  /// Reliability diagrams before and after calibration, on clean images and at three severities.
  func reliabilityDiagrams() -> Figure? {
    let levels = sampledSeverities
    var data = DataTable([
      ("calibration", .name), ("severity", .name), ("predictor", .name), ("bin", .name),
      ("lower", .decimal), ("upper", .decimal), ("count", .count), ("confidence", .decimal),
      ("accuracy", .decimal),
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
          .reliabilityDiagram(
            "bins\(panels.count)", title: "\(Self.severityName(level)), \(calibration)", bins))
      }
    }
    guard !panels.isEmpty else { return nil }
    return Figure(
      name: "reliability",
      title: shownCalibrations.count > 1
        ? "Reliability before and after calibration" : "Reliability",
      caption:
        "Accuracy of the predictions in each bin of confidence. Below the dashed line the "
        + "\(mainPredictor) is overconfident, above it underconfident. Bars count the predictions in "
        + "each bin"
        + (corruptions.count > 1 ? "; the corruptions of a severity are pooled." : "."),
      panels: panels, panelsPerRow: (twoColumn: levels.count, oneColumn: 2), data: data)
  }

  /// The bins of all corruptions at a severity together, of all halves where there are any: counts are summed, and means are weighted
  /// by them.
  func pooledBins(severity: Int, calibration: String) -> [Panel.Bin] {
    let halves = reliability.values(of: "half")
    let tables = cells(of: corruptions, severities: [severity]).flatMap { cell in
      halves.map { (cell: cell, half: $0) }
    }
    return reliability.values(of: "bin").compactMap { bin in
      func number(_ table: (cell: Cell, half: String), _ column: String) -> Double? {
        let (cell, half) = table
        return reliability[
          [cell.corruption, "\(cell.severity)", mainPredictor, calibration, bin, half], column]?
          .value
      }
      let counted = tables.compactMap { table in
        number(table, "count").map { (table: table, count: $0) }
      }
      guard let first = counted.first?.table, let lower = number(first, "lower"),
        let upper = number(first, "upper")
      else { return nil }
      let total = counted.map(\.count).reduce(0, +)
      func mean(_ column: String) -> Double? {
        guard total > 0 else { return nil }
        let sum = counted.reduce(0) { $0 + $1.count * (number($1.table, column) ?? 0) }
        return counted.count == 1 ? number(first, column) : sum / total
      }
      return Panel.Bin(
        lower: lower, upper: upper, count: total, confidence: mean("confidence"),
        accuracy: mean("accuracy"))
    }
  }
}
