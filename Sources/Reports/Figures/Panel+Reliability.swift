extension Panel {
  /// A bin of confidences.
  struct Bin: Sendable {
    let lower: Double
    let upper: Double
    let count: Double
    let confidence: Double?
    let accuracy: Double?
  }

  /// Accuracy against confidence, above the shares of rows in each bin, which hang from the lower
  /// edge.
  static func reliability(_ name: String, title: String, _ bins: [Bin]) -> Panel {
    let total = max(bins.map(\.count).reduce(0, +), 1)
    let bars = bins.map { bin -> String in
      let (middle, width) = ((bin.lower + bin.upper) / 2, bin.upper - bin.lower)
      return [middle, 0.3 * bin.count / total, width].map { Gnuplot.field($0) }
        .joined(separator: "\t")
    }
    let points = bins.filter { $0.count > 0 }.map {
      "\(Gnuplot.field($0.confidence))\t\(Gnuplot.field($0.accuracy))"
    }
    return Panel(
      title: title, height: 118, leftMargin: 46, bottomMargin: 36,
      blocks: [
        Block(name: "\(name)bars", lines: bars),
        Block(name: "\(name)points", lines: points.isEmpty ? ["NaN\tNaN"] : points),
      ], hasPoints: !bins.isEmpty,
      commands: [
        "set xrange [0:1]", "set yrange [0:1]", "set xtics 0, 0.5 nomirror",
        "set ytics 0, 0.5 nomirror", "set xlabel 'confidence'", "set ylabel 'accuracy'",
        "set arrow from 0, 0 to 1, 1 nohead linecolor rgb 'black' dashtype 2",
        "plot $\(name)bars using 1:2:3 with boxes fillstyle solid 0.5 noborder linetype 6 notitle, "
          + "$\(name)points using 1:2 with linespoints linetype 1 notitle",
      ])
  }
}
