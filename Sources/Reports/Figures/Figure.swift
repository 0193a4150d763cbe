import Foundation

/// A picture of one or more panels, and the values that it shows.
struct Figure: Sendable {
  /// The stem of its file names: lowercase letters, digits and dashes.
  let name: String
  let title: String
  /// How to read it, in one or two sentences.
  let caption: String
  /// At least one, each with a point to draw.
  let panels: [Panel]
  /// How many panels stand side by side in each width.
  let panelsPerRow: (twoColumn: Int, oneColumn: Int)
  /// The names of the line styles, which all panels share.
  let legend: [String]
  let data: DataTable

  /// A figure of those `panels` that have a point to draw; nil where none has.
  init?(
    name: String, title: String, caption: String, panels: [Panel],
    panelsPerRow: (twoColumn: Int, oneColumn: Int), legend: [String] = [], data: DataTable
  ) {
    let panels = panels.filter(\.hasPoints)
    guard !panels.isEmpty else { return nil }
    self.name = name
    self.title = title
    self.caption = caption
    self.panels = panels
    self.panelsPerRow = panelsPerRow
    self.legend = legend
    self.data = data
  }
}

/// The width that a figure is laid out for.
enum FigureWidth: String, CaseIterable, Sendable {
  /// One column of a paper, 3.5 inches, or a telephone.
  case oneColumn = "1-column"
  /// Two columns of a paper, 7.16 inches.
  case twoColumn = "2-column"

  static let pixelsPerInch = 97.0

  var inches: Double { self == .oneColumn ? 3.5 : 7.16 }
  /// The width in CSS pixels.
  var pixels: Double { (inches * Self.pixelsPerInch).rounded() }
}

/// One pair of axes and what is drawn in it, as gnuplot commands.
package struct Panel: Sendable {
  /// A named data block: lines of fields separated by tabs.
  struct Block: Sendable {
    /// Letters and digits, different from the other names in the figure.
    let name: String
    let lines: [String]
  }

  let title: String
  /// The height of the area between the axes, in CSS pixels.
  let height: Double
  /// The space left of the axes, in CSS pixels.
  let leftMargin: Double
  /// The space below the axes, in CSS pixels.
  let bottomMargin: Double
  let blocks: [Block]
  /// Whether there is a point to draw; gnuplot fails on a plot without one.
  let hasPoints: Bool
  /// The commands that set up the axes and plot, starting from gnuplot's default settings.
  let commands: [String]
}

extension Panel {
  /// How a numeric axis is drawn.
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

    /// An axis that encloses `values` and ends at tics, of which it has about five.
    ///
    /// It has no range where there are no values, or where they are too far apart or too close
    /// together to be divided.
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
      // Both are false for NaN, which values near the largest Double lead to.
      guard lower < upper, (upper - lower).isFinite else {
        self.init(label: label)
        return
      }
      self.init(label: label, range: lower...upper, step: step)
    }

    /// The commands that set up the axis x as a logarithmic one around positive `values`, with tics at
    /// rounded numbers.
    static func logarithmic(around values: [Double]) -> [String] {
      guard let low = values.min(), let high = values.max(), low > 0, high.isFinite else {
        return ["set logscale x", "set xrange [*:*]"]
      }
      // A tenth of the span at each end, so that no point is on the border; one value has a span too.
      let margin = pow(max(high / low, 1.5), 0.1)
      let (lower, upper) = (low / margin, high * margin)
      let decades = Int(log10(lower).rounded(.down))...Int(log10(upper).rounded(.up))
      let steps: [[Double]] = [
        [1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7], (10..<100).map { Double($0) / 10 },
      ]
      let tics = steps.map { step in
        decades.flatMap { decade in step.map { $0 * pow(10, Double(decade)) } }
          .filter { (lower...upper).contains($0) }
      }
      let chosen = tics.last { (1...7).contains($0.count) } ?? tics[0]
      let list = chosen.map { String(format: "'%.3g' %.17g", $0, $0) }.joined(separator: ", ")
      return [
        "set logscale x", "set xrange [\(lower):\(upper)]",
        "set xtics (\(list)) nomirror",
      ]
    }

    /// The commands that set up the axis `letter`, which is `x` or `y`.
    func commands(_ letter: String) -> [String] {
      let range = range.map { "[\($0.lowerBound):\($0.upperBound)]" } ?? "[*:*]"
      return [
        "set \(letter)range \(range)",
        "set \(letter)tics \(step.map { "\($0)" } ?? "autofreq") nomirror",
      ] + (label.isEmpty ? [] : ["set \(letter)label \(Gnuplot.quoted(label))"])
    }
  }

  /// Row names as they are drawn, and the width that they take left of the axes, in CSS pixels.
  static func rowNames(_ names: [String]) -> (shown: [String], margin: Double) {
    let shown = names.map { Gnuplot.plain($0, limit: 32) }
    return (shown, max(122, 20 + 6.3 * Double(shown.map(\.count).max() ?? 0)))
  }

  /// A list of tics that puts `names` at the whole numbers from 0.
  static func tics(_ names: [String]) -> String {
    names.enumerated().map { "\(Gnuplot.quoted($1)) \($0)" }.joined(separator: ", ")
  }
}
