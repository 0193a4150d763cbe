extension Panel {
  /// One square of a map.
  struct Square: Sendable {
    let text: String
    let color: Palette.Color
  }

  /// A field of colored squares, one for each row and column, with what is written on them.
  static func map(
    _ name: String, title: String, rows: [String], columns: [String], columnLabel: String,
    _ squares: [[Square?]]
  ) -> Panel {
    var lines: [String] = []
    let names = rowNames(rows)
    for (row, squares) in squares.enumerated() {
      for (column, square) in squares.enumerated() {
        guard let square else { continue }
        let (color, y) = (square.color, rows.count - 1 - row)
        lines.append(
          "\(column)\t\(y)\t\(color.number)\t\(Gnuplot.plain(square.text))\t"
            + "\(color.text.number)")
      }
    }
    return Panel(
      title: title, height: Double(rows.count) * 15, leftMargin: names.margin, bottomMargin: 34,
      blocks: [Block(name: name, lines: lines)], hasPoints: !lines.isEmpty,
      commands: [
        "set xrange [-0.5:\(Double(columns.count) - 0.5)]",
        "set yrange [-0.5:\(Double(rows.count) - 0.5)]",
        "set xtics scale 0 (\(tics(columns)))",
        "set ytics scale 0 (\(tics(names.shown.reversed())))",
        "unset border", "set xlabel \(Gnuplot.quoted(columnLabel))",
        "plot $\(name) using 1:2:(0.48):(0.46):3 with boxxyerror fillstyle solid noborder "
          + "linecolor rgb variable notitle, "
          + "$\(name) using 1:2:4:5 with labels textcolor rgb variable notitle",
      ])
  }

  /// Names at whole numbers from 0.
  static func tics(_ names: [String]) -> String {
    names.enumerated().map { "\(Gnuplot.quoted($1)) \($0)" }.joined(separator: ", ")
  }
}
