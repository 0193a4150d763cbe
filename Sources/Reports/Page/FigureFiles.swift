import Formats
import Foundation

/// Draws figures and writes their files beside a page.
struct FigureFiles {
  /// The page's folder.
  let folder: URL
  /// Nil where it is not installed: the figures then have their data alone.
  let gnuplot: GnuplotProgram?
  /// How many figures are drawn concurrently.
  let threadCount: Int

  /// Writes the files of `figures` into `figures/`.
  ///
  /// - Returns: The figures as the page shows them, by name.
  /// - Throws: `GnuplotError` or `FileError`.
  func write(_ figures: [Figure]) async throws -> [String: PageModel.Picture] {
    let target = folder.appendingPathComponent("figures")
    let scratch = folder.appendingPathComponent(".figures.partial")
    try? FileManager.default.removeItem(at: scratch)
    try FolderCreation.create(scratch)
    defer { try? FileManager.default.removeItem(at: scratch) }
    try FolderCreation.create(target)
    return try await withThrowingTaskGroup(of: PageModel.Picture.self) { group in
      var (waiting, pictures) = (figures[...], [String: PageModel.Picture]())
      func startNext() {
        guard let figure = waiting.popFirst() else { return }
        group.addTask { try await write(figure, to: target, drawnIn: scratch) }
      }
      for _ in 0..<max(threadCount, 1) { startNext() }
      while let picture = try await group.next() {
        pictures[picture.name] = picture
        startNext()
      }
      return pictures
    }
  }

  private func write(_ figure: Figure, to target: URL, drawnIn scratch: URL) async throws
    -> PageModel.Picture
  {
    let dataFile = "figures/\(figure.name).csv"
    try AtomicFile.write(figure.data.csv.text, to: folder.appendingPathComponent(dataFile))
    let script = FigureScript(figure: figure)
    let outputs = FigureScript.Format.allCases.flatMap { format in
      FigureWidth.allCases.map { (format, $0) }
    }
    var files: [PageModel.File] = []
    if let gnuplot {
      try await gnuplot.draw(script.text(outputs), in: scratch)
      for (format, width) in outputs where format != .svg {
        let name = script.fileName(format, width)
        var bytes = try Self.read(scratch.appendingPathComponent(name))
        if format == .pdf { Self.removeDate(from: &bytes) }
        try AtomicFile.write(bytes, to: target.appendingPathComponent(name))
        files.append(
          PageModel.File(
            path: "figures/\(name)",
            name: "\(format.rawValue.uppercased()) \(width.rawValue)"))
      }
    }
    func drawing(_ width: FigureWidth) throws -> String? {
      guard gnuplot != nil else { return nil }
      let bytes = try Self.read(scratch.appendingPathComponent(script.fileName(.svg, width)))
      return ThemedSVG.inline(
        String(decoding: bytes, as: UTF8.self), prefix: "\(figure.name)-\(width.rawValue)",
        label: Gnuplot.plain(figure.title))
    }
    return PageModel.Picture(
      name: figure.name, title: figure.title, caption: figure.caption,
      wide: try drawing(.twoColumn), narrow: try drawing(.oneColumn), files: files,
      table: PageModel.Table(figure.data, file: dataFile, caption: "Data:"))
  }

  private static func read(_ url: URL) throws -> [UInt8] {
    try FileContents.read(url, limit: 1 << 28)
  }

  /// Replaces the creation date of a PDF file by a fixed one of equal length, so that equal figures
  /// have equal bytes.
  private static func removeDate(from bytes: inout [UInt8]) {
    let key = Array("/CreationDate (D:".utf8)
    guard let found = bytes.firstRange(of: key) else { return }
    for index in found.upperBound..<min(found.upperBound + 14, bytes.count) {
      bytes[index] = UInt8(ascii: "0") + (index == found.upperBound ? 2 : 0)
    }
  }
}

/// An SVG drawing of gnuplot, adapted to stand inside a page.
enum ThemedSVG {
  /// The drawing `text` as an element of a page with the accessible name `label`.
  ///
  /// Black becomes the page's text color and the colors of series become CSS variables, so that they
  /// follow the light and dark themes. Identifiers get `prefix`, so that drawings on one page do not
  /// share them.
  static func inline(_ text: String, prefix: String, label: String) -> String {
    var body = text
    if let start = body.range(of: "<svg") { body = String(body[start.lowerBound...]) }
    for (old, new) in replacements(prefix) { body = body.replacing(old, with: new) }
    body = body.replacing(/<desc>[^<]*<\/desc>|<title>[^<]*<\/title>/, with: "")
    body = body.replacing(/<g [^<]*>\s*<\/g>\n?/, with: "")
    body = body.replacing(/\s*\n\s*/, with: "\n")
    return body.replacing(
      "<svg", with: "<svg role=\"img\" aria-label=\"\(label)\"", maxReplacements: 1)
  }

  private static func replacements(_ prefix: String) -> [(String, String)] {
    let series = Palette.series.enumerated().map { index, color in
      (gnuplotName(color), "var(--series-\(index + 1))")
    }
    return series + [
      ("color=\"black\"", ""), ("stroke=\"black\"", "stroke=\"currentColor\""),
      ("stroke='\(gnuplotName(Palette.Color(0)))'", ""), ("stroke='black'", ""),
      ("fill=\"black\"", "fill=\"currentColor\""),
      ("'gpDot'", "'\(prefix)-gpDot'"), ("'gpPt", "'\(prefix)-gpPt"),
      ("'#gpPt", "'#\(prefix)-gpPt"),
      ("'#gpDot'", "'#\(prefix)-gpDot'"), ("id='textbox'", "id='\(prefix)-textbox'"),
      ("id='greybox'", "id='\(prefix)-greybox'"), ("\"gnuplot_canvas\"", "\"\(prefix)-canvas\""),
      (" xmlns:xlink=\"http://www.w3.org/1999/xlink\"", ""),
      (" xmlns=\"http://www.w3.org/2000/svg\"", ""), ("xlink:href", "href"),
    ]
  }

  /// A color as gnuplot writes it in SVG.
  private static func gnuplotName(_ color: Palette.Color) -> String {
    String(format: "rgb(%3d, %3d, %3d)", Int(color.red), Int(color.green), Int(color.blue))
  }
}
