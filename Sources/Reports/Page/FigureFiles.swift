import Formats
import Foundation

/// Draws figures into the folder of a page.
struct FigureFiles {
  /// The page's folder.
  let folder: URL
  let gnuplot: GnuplotProgram?
  /// How many figures are drawn at a time.
  let threadCount: Int

  /// Writes the files of `figures` into `figures/`, several at a time.
  ///
  /// - Returns: The figures as the page shows them, by name.
  /// - Throws: `GnuplotError` or `FileError`.
  func write(_ figures: [Figure]) async throws -> [String: PageModel.Picture] {
    let place = folder.appendingPathComponent("figures")
    let beside = folder.appendingPathComponent(".figures.partial")
    try? FileManager.default.removeItem(at: beside)
    try FolderCreation.create(beside)
    defer { try? FileManager.default.removeItem(at: beside) }
    try FolderCreation.create(place)
    return try await withThrowingTaskGroup(of: PageModel.Picture.self) { group in
      var (waiting, pictures) = (figures[...], [String: PageModel.Picture]())
      func startNext() {
        guard let figure = waiting.popFirst() else { return }
        group.addTask { try await write(figure, to: place, by: beside) }
      }
      for _ in 0..<max(threadCount, 1) { startNext() }
      while let picture = try await group.next() {
        pictures[picture.name] = picture
        startNext()
      }
      return pictures
    }
  }

  private func write(_ figure: Figure, to place: URL, by beside: URL) async throws
    -> PageModel.Picture
  {
    let dataFile = "figures/\(figure.name).csv"
    try AtomicFile.write(figure.data.csv.text, to: folder.appendingPathComponent(dataFile))
    let script = FigureScript(figure: figure)
    let forms = FigureScript.Form.allCases.flatMap { form in
      FigureWidth.allCases.map { (form, $0) }
    }
    var files: [PageModel.File] = []
    if let gnuplot {
      try await gnuplot.draw(script.text(forms), in: beside)
      for (form, width) in forms where form != .svg {
        let name = script.fileName(form, width)
        var bytes = try Self.read(beside.appendingPathComponent(name))
        if form == .pdf { Self.removeDate(from: &bytes) }
        try AtomicFile.write(bytes, to: place.appendingPathComponent(name))
        files.append(
          PageModel.File(
            place: "figures/\(name)",
            name: "\(form.rawValue.uppercased()) \(width.rawValue)"))
      }
    }
    func drawing(_ width: FigureWidth) throws -> String? {
      guard gnuplot != nil else { return nil }
      let bytes = try Self.read(beside.appendingPathComponent(script.fileName(.svg, width)))
      return ThemedSVG.inline(
        String(decoding: bytes, as: UTF8.self), prefix: "\(figure.name)-\(width.rawValue)",
        label: Gnuplot.plain(figure.title))
    }
    return PageModel.Picture(
      name: figure.name, title: figure.title, reading: figure.reading, wide: try drawing(.two),
      narrow: try drawing(.one), files: files,
      table: PageModel.Table(figure.data, file: dataFile, caption: "Data:"))
  }

  private static func read(_ url: URL) throws -> [UInt8] {
    try FileContents.read(url, limit: 1 << 28)
  }

  /// Sets the date of a PDF file, which would make two runs differ, to a fixed one of equal length.
  private static func removeDate(from bytes: inout [UInt8]) {
    let mark = Array("/CreationDate (D:".utf8)
    guard let found = bytes.firstRange(of: mark) else { return }
    for place in found.upperBound..<min(found.upperBound + 14, bytes.count) {
      bytes[place] = UInt8(ascii: "0") + (place == found.upperBound ? 2 : 0)
    }
  }
}
