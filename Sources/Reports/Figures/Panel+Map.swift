import Foundation

extension Panel {
  /// What a map of colours shows.
  struct Map: Sendable {
    let rows: [String]
    let columns: [String]
    let values: [[Double?]]  // [rows, columns]
    /// The values at the ends of the colour scale.
    let range: ClosedRange<Double>
    /// Whether the largest value is the darkest.
    let isReversed: Bool
    /// How a value is written.
    let text: @Sendable (Double) -> String

    func colour(_ value: Double) -> Palette.Colour {
      let length = range.upperBound - range.lowerBound
      let share = length > 0 ? (value - range.lowerBound) / length : 0.5
      return Palette.scale(isReversed ? 1 - share : share)
    }
  }

  /// A field of coloured squares with their values.
  static func map(_ name: String, title: String, columnLabel: String, _ map: Map) -> Panel {
    var lines: [String] = []
    for (row, values) in map.values.enumerated() {
      for (column, value) in values.enumerated() {
        guard let value else { continue }
        let (colour, y) = (map.colour(value), map.rows.count - 1 - row)
        lines.append(
          "\(column)\t\(y)\t\(colour.number)\t\(map.text(value))\t\(colour.text.number)")
      }
    }
    return Panel(
      title: title, height: Double(map.rows.count) * 15, leftMargin: 122, bottomMargin: 34,
      blocks: [Block(name: name, lines: lines.isEmpty ? ["NaN\tNaN\t0\t\t0"] : lines)],
      commands: [
        "set xrange [-0.5:\(Double(map.columns.count) - 0.5)]",
        "set yrange [-0.5:\(Double(map.rows.count) - 0.5)]",
        "set xtics scale 0 (\(tics(map.columns)))",
        "set ytics scale 0 (\(tics(map.rows.reversed())))",
        "unset border", "set xlabel \(Gnuplot.quoted(columnLabel))",
        "plot $\(name) using 1:2:(0.48):(0.46):3 with boxxyerror fillstyle solid noborder "
          + "linecolor rgb variable notitle, "
          + "$\(name) using 1:2:4:5 with labels textcolor rgb variable notitle",
      ])
  }

  static func tics(_ names: [String]) -> String {
    names.enumerated().map { "\(Gnuplot.quoted($1)) \($0)" }.joined(separator: ", ")
  }
}
