import Images

/// A picture that shows an image under corruptions at every severity.
public enum ContactSheet {
  /// Pixels between pictures.
  private static let gap = 6
  /// The side of a letter's dot, in pixels.
  private static let letterScale = 2
  /// The side that smaller images are enlarged to, by a whole factor.
  private static let pictureSide = 64

  /// Draws a row for each corruption, in two columns of rows: its title, the image, and the image
  /// at each severity.
  ///
  /// - Parameters:
  ///   - image: An image of the corruptions' `height` and `width`, which must be equal.
  ///   - corruptions: The rows, in order.
  ///   - severities: The pictures of a row; a severity that a corruption lacks stays empty.
  ///   - seed: The seed of the random numbers, which are those of image 0 of a data set.
  ///   - title: The text before a row; the published name by default.
  /// - Returns: The sheet, dark on white.
  /// - Throws: `CorruptionError.wrongSize`.
  public static func draw(
    _ image: Image, under corruptions: [Corruption], severities: [Int] = Array(1...5),
    seed: UInt64 = 0, title: (Corruption) -> String = { $0.name.rawValue }
  ) throws -> Image {
    let layout = Layout(
      titles: corruptions.map(title), severityCount: severities.count, side: image.height)
    var sheet = Image(height: layout.height, width: layout.width, gray: 255)
    for (column, heading) in (["clean"] + severities.map(String.init)).enumerated() {
      for half in 0..<layout.halfCount {
        layout.draw(heading: heading, half: half, column: column, on: &sheet)
      }
    }
    for (index, corruption) in corruptions.enumerated() {
      layout.drawTitle(index, on: &sheet)
      layout.draw(image, index, column: 0, on: &sheet)
      for (column, severity) in severities.enumerated()
      where corruption.severities.contains(severity) {
        let corrupted = try corruption.apply(to: image, severity: severity, seed: seed)
        layout.draw(corrupted, index, column: column + 1, on: &sheet)
      }
    }
    return sheet
  }

  /// The positions of everything on the sheet, in pixels.
  private struct Layout {
    let titles: [String]
    let severityCount: Int
    /// The side of a picture on the sheet.
    let side: Int
    private let factor: Int

    init(titles: [String], severityCount: Int, side: Int) {
      self.titles = titles
      self.severityCount = severityCount
      factor = max(pictureSide / max(side, 1), 1)
      self.side = side * factor
    }

    var halfCount: Int { titles.count > 1 ? 2 : 1 }
    private var rowCount: Int { (titles.count + halfCount - 1) / halfCount }
    private var step: Int { side + gap }
    private var headingHeight: Int { PixelFont.height * letterScale + 2 * gap }
    private var titleWidth: Int {
      (titles.map(\.count).max() ?? 0) * PixelFont.advance * letterScale + 2 * gap
    }
    private var halfWidth: Int { titleWidth + (severityCount + 1) * step + 2 * gap }
    var width: Int { halfCount * halfWidth }
    var height: Int { headingHeight + rowCount * step + gap }

    private func row(_ index: Int) -> Int { headingHeight + index % rowCount * step }

    private func left(_ half: Int, _ column: Int) -> Int {
      half * halfWidth + titleWidth + column * step
    }

    func draw(heading: String, half: Int, column: Int, on sheet: inout Image) {
      let width = (heading.count * PixelFont.advance - 1) * letterScale
      sheet.draw(
        heading, row: gap, column: left(half, column) + (side - width) / 2, scale: letterScale)
    }

    func drawTitle(_ index: Int, on sheet: inout Image) {
      let middle = (side - PixelFont.height * letterScale) / 2
      sheet.draw(
        titles[index], row: row(index) + middle, column: index / rowCount * halfWidth + gap,
        scale: letterScale)
    }

    func draw(_ image: Image, _ index: Int, column: Int, on sheet: inout Image) {
      sheet.draw(
        image.boxResampled(height: side, width: side), row: row(index),
        column: left(index / rowCount, column))
    }
  }
}
