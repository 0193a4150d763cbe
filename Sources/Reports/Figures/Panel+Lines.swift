import Foundation

extension Panel {
  /// A line through points.
  struct Line: Sendable {
    /// The place in the figure's legend, which gives color, dash and shape.
    let style: Int
    let points: [(x: Double, y: Double?)]
  }

  /// How an axis is drawn.
  package struct Axis: Sendable {
    let label: String
    package var range: ClosedRange<Double>?
    /// The distance between tics; gnuplot's choice where nil.
    var step: Double?

    init(label: String, range: ClosedRange<Double>? = nil, step: Double? = nil) {
      self.label = label
      self.range = range
      self.step = step
    }

    /// An axis whose ends are tics, about five in all, and enclose `values`; without a range where
    /// they are none, or too far apart or too close to be divided.
    package init(label: String, around values: [Double]) {
      guard let low = values.min(), let high = values.max() else {
        self.init(label: label)
        return
      }
      let span = high > low ? high - low : high != 0 ? abs(high) / 2 : 0.5
      let power = pow(10, (log10(span / 4)).rounded(.down))
      let step = ([1, 2, 5].first { $0 * power >= span / 4.5 } ?? 10) * power
      let first = (low / step + 1e-9).rounded(.down)
      let last = max((high / step - 1e-9).rounded(.up), first + 1)
      let (lower, upper) = (first * step, last * step)
      // Neither holds of NaN, which numbers near the ends of what a Double can hold make.
      guard lower < upper, (upper - lower).isFinite else {
        self.init(label: label)
        return
      }
      self.init(label: label, range: lower...upper, step: step)
    }

    func commands(_ letter: String) -> [String] {
      let range = range.map { "[\($0.lowerBound):\($0.upperBound)]" } ?? "[*:*]"
      return [
        "set \(letter)range \(range)",
        "set \(letter)tics \(step.map { "\($0)" } ?? "autofreq") nomirror",
      ] + (label.isEmpty ? [] : ["set \(letter)label \(Gnuplot.quoted(label))"])
    }
  }

  /// Lines over an axis of numbers.
  ///
  /// `name` is one for the data, of letters and digits, no two alike in a figure.
  static func lines(
    _ name: String, title: String, x: Axis, _ lines: [Line], pointsAreShown: Bool = true,
    height: Double = 150
  ) -> Panel {
    let blocks = lines.enumerated().map { index, line in
      Block(
        name: "\(name)\(index)",
        lines: line.points.map { "\(Gnuplot.field($0.x))\t\(Gnuplot.field($0.y))" })
    }
    let curves = lines.enumerated().map { index, line in
      "$\(name)\(index) using 1:2 with \(pointsAreShown ? "linespoints" : "lines") "
        + "linetype \(line.style + 1) notitle"
    }
    let points = lines.flatMap(\.points).filter {
      Gnuplot.isDrawn($0.x) && Gnuplot.isDrawn($0.y)
    }
    return Panel(
      title: title, height: height, leftMargin: 50, bottomMargin: 36, blocks: blocks,
      hasPoints: !points.isEmpty,
      commands: x.commands("x")
        + Axis(label: "", around: points.compactMap(\.y)).commands("y")
        + ["set grid y", "plot \(curves.joined(separator: ", "))"])
  }
}
