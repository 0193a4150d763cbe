import Foundation

/// The commands by which gnuplot draws a figure.
struct FigureScript {
  let figure: Figure

  /// A file that gnuplot writes.
  enum Form: String, CaseIterable, Sendable {
    case svg
    case pdf
    case png
  }

  private static let fontPixels = 10.5
  private static let legendLine = 15.0
  private static let titleHeight = 20.0
  /// Dots per inch of PNG files.
  private static let resolution = 300.0

  /// Everything that is drawn, in the given forms and widths, into files of gnuplot's folder.
  func text(_ forms: [(Form, FigureWidth)]) -> String {
    let data = figure.panels.flatMap(\.blocks).map { block in
      (["$\(block.name) << END_OF_DATA"] + block.lines + ["END_OF_DATA"]).joined(separator: "\n")
    }
    return (Self.settings + data + forms.map(drawing)).joined(separator: "\n") + "\n"
  }

  /// The name of a file in gnuplot's folder.
  func fileName(_ form: Form, _ width: FigureWidth) -> String {
    "\(figure.name)-\(width.rawValue).\(form.rawValue)"
  }

  private static var settings: [String] {
    let shapes = [7, 5, 9, 13, 11, 4]
    let dashes = ["1", "2", "4", "3", "5", "1"]
    return ["set encoding utf8"]
      + Palette.series.enumerated().map { index, color in
        "set linetype \(index + 1) linecolor rgb '\(color.hex)' linewidth 1.6 "
          + "dashtype \(dashes[index]) pointtype \(shapes[index]) pointsize 0.55"
      }
  }

  private func drawing(_ form: Form, _ width: FigureWidth) -> String {
    let layout = Layout(figure, width)
    return
      ([
        terminal(form, width, height: layout.height), "set output '\(fileName(form, width))'",
        layout.multiplot,
      ]
      + figure.panels.enumerated().flatMap { index, panel in
        [
          "reset", "set datafile separator '\\t'", "set border 3 linewidth 0.8",
          "set tics font ',\(fontSize(form, 9))' scale 0.5",
        ]
          + ["set title \(Gnuplot.quoted(panel.title)) offset 0, -0.6"]
          + ["set xtics offset 0, 0.4", "set xlabel offset 0, 0.9", "set ylabel offset 1, 0"]
          + panel.commands
      } + layout.legend + ["unset multiplot", "unset output"]).joined(separator: "\n")
  }

  private func terminal(_ form: Form, _ width: FigureWidth, height: Double) -> String {
    let inches = (width.inches, height / FigureWidth.pixelsPerInch)
    let font =
      "font '\(form == .svg ? "sans-serif" : "Liberation Sans"),\(fontSize(form, Self.fontPixels))'"
    return switch form {
    case .svg:
      "set terminal svg size \(Int(width.pixels)),\(Int(height)) dynamic \(font) noenhanced"
    case .pdf:
      "set terminal pdfcairo size \(inches.0)in,\(inches.1)in \(font) fontscale 1 noenhanced"
    case .png:
      "set terminal pngcairo size \(Int(inches.0 * Self.resolution)),"
        + "\(Int(inches.1 * Self.resolution)) \(font) "
        + "fontscale \(Self.resolution / 72) linewidth \(Self.resolution / 97) "
        + "pointscale \(Self.resolution / 97) noenhanced"
    }
  }

  /// A size in CSS pixels as the form counts: in pixels, or in the points of Cairo, whose fonts come
  /// out wider than a browser's.
  private func fontSize(_ form: Form, _ pixels: Double) -> Double {
    form == .svg ? pixels : 0.85 * pixels * 72 / FigureWidth.pixelsPerInch
  }

  /// Where panels and legend stand.
  private struct Layout {
    let height: Double
    let multiplot: String
    let legend: [String]

    init(_ figure: Figure, _ width: FigureWidth) {
      let panels = figure.panels
      let across = min(width == .two ? figure.across.two : figure.across.one, panels.count)
      let rows = (panels.count + across - 1) / across
      let inner = panels.map(\.height).max() ?? 0
      let left = panels.map(\.leftMargin).max() ?? 0
      let bottom = panels.map(\.bottomMargin).max() ?? 0
      let legend = Legend(figure.legend, width: width.pixels)
      let top = FigureScript.titleHeight + legend.height
      let gap = bottom + FigureScript.titleHeight
      height = top + Double(rows) * inner + Double(rows - 1) * gap + bottom
      let fractions = [
        left / width.pixels, 1 - 10 / width.pixels, bottom / height, 1 - top / height,
      ]
      multiplot =
        "set multiplot layout \(rows),\(across) margins \(Self.list(fractions)) "
        + "spacing \(Self.list([(left + 10) / width.pixels, gap / height]))"
      self.legend = legend.commands(height: height)
    }

    private static func list(_ numbers: [Double]) -> String {
      numbers.map { String(format: "%.5f", $0) }.joined(separator: ",")
    }
  }

  /// The names of lines and points, above all panels.
  private struct Legend {
    private let lines: [[(place: Double, style: Int, name: String)]]
    private let width: Double

    init(_ names: [String], width: Double) {
      self.width = width
      var lines: [[(place: Double, style: Int, name: String)]] = []
      var place = Double.infinity
      for (style, name) in names.enumerated() {
        let name = Gnuplot.plain(name, limit: Int((width - 50) / 6.1))
        let length = 42 + 6.1 * Double(name.count)
        if place + length > width {
          lines.append([])
          place = 8
        }
        lines[lines.count - 1].append((place, style, name))
        place += length
      }
      self.lines = lines
    }

    var height: Double { lines.isEmpty ? 0 : Double(lines.count) * FigureScript.legendLine + 5 }

    /// A last, empty plot over the whole picture, in pixels, with a sample of each line.
    func commands(height: Double) -> [String] {
      guard !lines.isEmpty else { return [] }
      let entries = lines.enumerated().flatMap { row, line in
        line.map { (y: height - 9 - Double(row) * FigureScript.legendLine, entry: $0) }
      }
      let labels = entries.enumerated().map { index, item in
        "set label \(index + 1) \(Gnuplot.quoted(item.entry.name)) "
          + "at \(item.entry.place + 30), \(item.y) left"
      }
      let samples = entries.map { y, entry in
        "'+' using (\(entry.place) + 12 * $0):(\(y)) every ::0::2 "
          + "with linespoints linetype \(entry.style + 1) notitle"
      }
      return [
        "reset", "unset border", "unset tics", "set lmargin at screen 0",
        "set rmargin at screen 1", "set bmargin at screen 0", "set tmargin at screen 1",
        "set xrange [0:\(width)]", "set yrange [0:\(height)]", "set samples 3",
      ] + labels + ["plot \(samples.joined(separator: ", "))"]
    }
  }
}
