extension Panel {
  /// Points on a line for each name.
  ///
  /// There are values at each name for each entry of the legend; at `reference` is a vertical line.
  static func dots(
    _ name: String, title: String, rows: [String], x: String, values: [[Double?]],
    reference: Double? = nil, isLogarithmic: Bool = false
  ) -> Panel {
    // A logarithmic axis has no place for what is not above 0.
    let values = values.map { $0.map { Self.isShown($0, isLogarithmic) ? $0 : nil } }
    let blocks = values.enumerated().map { index, values in
      Block(
        name: "\(name)\(index)",
        lines: values.enumerated().map { "\(Gnuplot.field($1))\t\(rows.count - 1 - $0)" })
    }
    let points = blocks.indices.map {
      "$\(name)\($0) using 1:2 with points linetype \($0 + 1) notitle"
    }
    let line = reference.map {
      [
        "set arrow from first \($0), graph 0 to first \($0), graph 1 nohead "
          + "linewidth 1.5 linecolor rgb 'black' dashtype 2"
      ]
    }
    let axis =
      isLogarithmic
      ? ["set logscale x", "set xrange [*:*]"]
      : Axis(label: "", around: values.joined().compactMap { $0 }).commands("x")
    let names = rowNames(rows)
    return Panel(
      title: title, height: Double(rows.count) * 15, leftMargin: names.margin, bottomMargin: 38,
      blocks: blocks, hasPoints: values.joined().contains { $0 != nil },
      commands: (line ?? []) + axis + [
        "set yrange [-0.5:\(Double(rows.count) - 0.5)]",
        "set ytics scale 0 (\(tics(names.shown.reversed())))", "set grid x y",
        "set xlabel \(Gnuplot.quoted(x))", "plot \(points.joined(separator: ", "))",
      ])
  }

  private static func isShown(_ value: Double?, _ isLogarithmic: Bool) -> Bool {
    guard let value, Gnuplot.isDrawn(value) else { return false }
    return !isLogarithmic || value > 1e-300
  }
}
