import Formats
import Foundation
import Processes

/// Draws the figures of a page.
struct FigureFiles {
  /// The page's folder, of which the caller holds the lock.
  let folder: URL
  /// Nil where it is not installed: the figures then have their data alone.
  let gnuplot: GnuplotProgram?
  /// How many figures are drawn concurrently.
  let threadCount: Int
  /// Whether a figure of this name in the folder is one of the page's, which the page replaces.
  let isOfPage: @Sendable (String) -> Bool

  /// What a figure is made of.
  private struct Drawn: Sendable {
    let picture: PageModel.Picture
    /// The data, then the drawings; paths are relative to the page.
    var files: [(path: String, bytes: [UInt8])]
  }

  /// Draws `figures`, in a scratch folder that is removed.
  ///
  /// - Returns: The figures as the page shows them, by name, and their files in `figures/`, which are
  ///   not written yet; drawings of an earlier page that show other numbers are to be removed.
  /// - Throws: `GnuplotError`, `ChildStartError` or `FileError`, or what `report` throws.
  func draw(
    _ figures: [Figure], _ report: ReportStep.Report
  ) async throws -> ([String: PageModel.Picture], FileSet) {
    let scratch = folder.appendingPathComponent(".figures.partial")
    // A killed process left it.
    try? FileManager.default.removeItem(at: scratch)
    if gnuplot != nil { try FolderCreation.create(scratch) }
    defer { try? FileManager.default.removeItem(at: scratch) }
    return try await withThrowingTaskGroup(of: Drawn.self) { group in
      var (waiting, pictures) = (figures[...], [String: PageModel.Picture]())
      var files = FileSet()
      func startNext() {
        guard let figure = waiting.popFirst() else { return }
        group.addTask { try await draw(figure, in: scratch) }
      }
      for _ in 0..<max(min(threadCount, ChildProgram.concurrentCount), 1) { startNext() }
      var (names, data) = (Set<String>(), [String: [UInt8]]())
      while let drawn = try await group.next() {
        pictures[drawn.picture.name] = drawn.picture
        try report(.draw, pictures.count, figures.count)
        data[drawn.picture.name] = drawn.files[0].bytes
        for (path, bytes) in drawn.files {
          files.add(folder.appendingPathComponent(path), bytes)
          names.insert(URL(fileURLWithPath: path).lastPathComponent)
        }
        startNext()
      }
      let earlier = OutdatedFigures(
        folder: folder.appendingPathComponent("figures"), isOfPage: isOfPage)
      for url in earlier.files(written: names, data: data) { files.remove(url) }
      return (pictures, files)
    }
  }

  private func draw(_ figure: Figure, in scratch: URL) async throws -> Drawn {
    let dataFile = "figures/\(figure.name).csv"
    var files = [(path: dataFile, bytes: Array(figure.data.csv.text.utf8))]
    var (links, drawings) = ([PageModel.File](), [FigureWidth: String]())
    let script = FigureScript(figure: figure)
    let outputs = FigureScript.Format.allCases.flatMap { format in
      FigureWidth.allCases.map { (format, $0) }
    }
    if let gnuplot {
      try await gnuplot.draw(script.text(outputs), in: scratch)
      for (format, width) in outputs {
        let name = script.fileName(format, width)
        var bytes = try Self.read(scratch.appendingPathComponent(name), format)
        guard format != .svg else {
          drawings[width] = ThemedSVG.inline(
            String(decoding: bytes, as: UTF8.self), prefix: "\(figure.name)-\(width.rawValue)",
            label: Gnuplot.plain(figure.title))
          continue
        }
        if format == .pdf { Self.removeDate(from: &bytes) }
        files.append(("figures/\(name)", bytes))
        links.append(
          PageModel.File(
            path: "figures/\(name)", name: "\(format.rawValue.uppercased()) \(width.rawValue)"))
      }
    }
    return Drawn(
      picture: PageModel.Picture(
        name: figure.name, title: figure.title, caption: figure.caption,
        wide: drawings[.twoColumn], narrow: drawings[.oneColumn], files: links,
        table: PageModel.Table(figure.data, file: dataFile, caption: "Data:")),
      files: files)
  }

  /// What gnuplot wrote, which must be whole: it ends without an error where the disk is full.
  private static func read(_ url: URL, _ format: FigureScript.Format) throws -> [UInt8] {
    let bytes = try FileContents.read(url, limit: 1 << 28)
    guard format.isWhole(bytes) else {
      throw GnuplotError.incomplete(url, format.rawValue.uppercased(), byteCount: bytes.count)
    }
    return bytes
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
