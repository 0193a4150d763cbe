import Foundation

/// The gnuplot commands that draw a figure.
struct FigureScript {
  let figure: Figure

  /// The format of a file that gnuplot writes.
  enum Format: String, CaseIterable, Sendable {
    case svg
    case pdf
    case png
  }

  /// The smallest font, of numbers at axes: what can be read on paper and on a telephone.
  private static let smallestFont = 11.0
  /// Font size, line height of the legend and height of a title, in CSS pixels.
  private static let (fontPixels, legendLine, titleHeight) = (11.5, 16.0, 21.0)
  /// The resolution of PNG files, in dots per inch.
  private static let resolution = 300.0

  /// A script that draws the figure in each of `outputs`, into files of the working folder.
  func text(_ outputs: [(Format, FigureWidth)]) -> String {
    let data = figure.panels.flatMap(\.blocks).map { block in
      (["$\(block.name) << END_OF_DATA"] + block.lines + ["END_OF_DATA"]).joined(separator: "\n")
    }
    return (Self.settings + data + outputs.map(drawing)).joined(separator: "\n") + "\n"
  }

  /// The name of the file that the script writes.
  func fileName(_ format: Format, _ width: FigureWidth) -> String {
    "\(figure.name)-\(width.rawValue).\(format.rawValue)"
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

  private func drawing(_ format: Format, _ width: FigureWidth) -> String {
    let layout = Layout(figure, width)
    var lines = [
      terminal(format, width, height: layout.height), "set output '\(fileName(format, width))'",
      layout.multiplot,
    ]
    for panel in figure.panels {
      lines += [
        "reset", "set datafile separator '\\t'", "set border 3 linewidth 0.8",
        "set tics font ',\(fontSize(format, Self.smallestFont))' scale 0.5",
        "set title \(Gnuplot.quoted(panel.title)) offset 0, -0.6",
        "set xtics offset 0, 0.4", "set xlabel offset 0, 0.9", "set ylabel offset 1, 0",
      ]
      lines += panel.commands
    }
    return (lines + layout.legend + ["unset multiplot", "unset output"]).joined(separator: "\n")
  }

  private func terminal(_ format: Format, _ width: FigureWidth, height: Double) -> String {
    let inches = (width.inches, height / FigureWidth.pixelsPerInch)
    let font =
      "font '\(format == .svg ? "sans-serif" : "Liberation Sans"),\(fontSize(format, Self.fontPixels))'"
    return switch format {
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

  /// A font size in the unit of the format: CSS pixels for SVG, else points.
  private func fontSize(_ format: Format, _ pixels: Double) -> Double {
    format == .svg ? pixels : pixels * 72 / FigureWidth.pixelsPerInch
  }

  /// The positions of panels and legend.
  private struct Layout {
    let height: Double
    let multiplot: String
    let legend: [String]

    init(_ figure: Figure, _ width: FigureWidth) {
      let panels = figure.panels
      let across = min(
        width == .twoColumn ? figure.panelsPerRow.twoColumn : figure.panelsPerRow.oneColumn,
        panels.count)
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

  /// The names of the line styles, above all panels.
  private struct Legend {
    private let lines: [[(x: Double, style: Int, name: String)]]
    private let width: Double

    init(_ names: [String], width: Double) {
      self.width = width
      var lines: [[(x: Double, style: Int, name: String)]] = []
      var x = Double.infinity
      for (style, name) in names.enumerated() {
        let name = Gnuplot.plain(name, limit: Int((width - 50) / 6.6))
        let length = 42 + 6.6 * Double(name.count)
        if x + length > width {
          lines.append([])
          x = 8
        }
        lines[lines.count - 1].append((x, style, name))
        x += length
      }
      self.lines = lines
    }

    var height: Double { lines.isEmpty ? 0 : Double(lines.count) * FigureScript.legendLine + 5 }

    /// A last plot over the whole picture, in CSS pixels, with a sample of each style and its name.
    func commands(height: Double) -> [String] {
      guard !lines.isEmpty else { return [] }
      let entries = lines.enumerated().flatMap { row, line in
        line.map { (y: height - 9 - Double(row) * FigureScript.legendLine, entry: $0) }
      }
      let labels = entries.enumerated().map { index, item in
        "set label \(index + 1) \(Gnuplot.quoted(item.entry.name)) "
          + "at \(item.entry.x + 30), \(item.y) left"
      }
      let samples = entries.map { y, entry in
        "'+' using (\(entry.x) + 12 * $0):(\(y)) every ::0::2 "
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

extension FigureScript.Format {
  /// Whether `bytes` are a whole file, from its signature to its end.
  func isWhole(_ bytes: [UInt8]) -> Bool {
    switch self {
    case .svg: Self.isWholeSVG(bytes)
    case .pdf: Self.isWholePDF(bytes)
    case .png: Self.isWholePNG(bytes)
    }
  }

  /// The tags are closed, of which texts may have the last sign, and the last one is the drawing's.
  private static func isWholeSVG(_ bytes: [UInt8]) -> Bool {
    let counts = (bytes.count { $0 == UInt8(ascii: "<") }, bytes.count { $0 == UInt8(ascii: ">") })
    return counts.0 <= counts.1 && bytes.starts(with: "<?xml".utf8)
      && trimmedEnd(bytes).hasSuffix("</svg>")
  }

  /// The end says where the table of objects is, and it is there.
  private static func isWholePDF(_ bytes: [UInt8]) -> Bool {
    guard bytes.starts(with: "%PDF-".utf8),
      let end = trimmedEnd(bytes).firstMatch(of: /startxref\s+([0-9]+)\s+%%EOF$/),
      let table = Int(end.1), table < bytes.count
    else { return false }
    let start = String(decoding: bytes[table...].prefix(32), as: UTF8.self)
    return start.hasPrefix("xref") || start.prefixMatch(of: /[0-9]+ [0-9]+ obj/) != nil
  }

  /// Its chunks follow each other, and the last byte is that of the chunk IEND.
  private static func isWholePNG(_ bytes: [UInt8]) -> Bool {
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    guard bytes.starts(with: signature) else { return false }
    var next = signature.count
    while next + 12 <= bytes.count {
      let length = bytes[next..<next + 4].reduce(0) { $0 << 8 | Int($1) }
      let isEnd = bytes[next + 4..<next + 8].elementsEqual("IEND".utf8)
      next += 12 + length
      if isEnd { return next == bytes.count }
    }
    return false
  }

  private static func trimmedEnd(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.suffix(64), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
