import Images

/// A picture that shows an image under corruptions at every severity, to be looked at.
public enum ContactSheet {
  /// Pixels between pictures.
  private static let gap = 6
  /// Dots of a letter are squares of as many pixels.
  private static let letterScale = 2
  /// The side that small images are enlarged to, as far as whole factors allow.
  private static let pictureSide = 64

  /// The image and its corruptions in two columns of rows, each with a name before it.
  ///
  /// - Parameters:
  ///   - image: An image of the corruptions' `side`.
  ///   - corruptions: The rows, in order.
  ///   - severities: The columns; where a corruption lacks one its place stays empty.
  ///   - seed: The seed of the draws, which are those of image 0 of a data set.
  /// - Returns: The sheet, dark on white.
  /// - Throws: `CorruptionError.wrongSize`.
  public static func draw(
    _ image: Image, under corruptions: [Corruption], severities: [Int] = Array(1...5),
    seed: UInt64 = 0
  ) throws -> Image {
    let layout = Layout(
      names: corruptions.map(\.label), severityCount: severities.count, side: image.height)
    var sheet = Image(height: layout.height, width: layout.width, gray: 255)
    for (column, title) in (["clean"] + severities.map(String.init)).enumerated() {
      for half in 0..<layout.halfCount {
        layout.draw(title: title, half: half, column: column, on: &sheet)
      }
    }
    for (index, corruption) in corruptions.enumerated() {
      layout.drawName(index, on: &sheet)
      layout.draw(image, index, column: 0, on: &sheet)
      for (column, severity) in severities.enumerated()
      where corruption.severities.contains(severity) {
        let corrupted = try corruption.apply(to: image, severity: severity, seed: seed)
        layout.draw(corrupted, index, column: column + 1, on: &sheet)
      }
    }
    return sheet
  }

  /// Where things are.
  private struct Layout {
    let names: [String]
    let severityCount: Int
    /// The side of a picture on the sheet.
    let side: Int
    private let factor: Int

    init(names: [String], severityCount: Int, side: Int) {
      self.names = names
      self.severityCount = severityCount
      factor = max(pictureSide / max(side, 1), 1)
      self.side = side * factor
    }

    var halfCount: Int { names.count > 1 ? 2 : 1 }
    private var rowCount: Int { (names.count + halfCount - 1) / halfCount }
    private var step: Int { side + gap }
    private var titleHeight: Int { PixelFont.height * letterScale + 2 * gap }
    private var nameWidth: Int {
      (names.map(\.count).max() ?? 0) * PixelFont.advance * letterScale + 2 * gap
    }
    private var halfWidth: Int { nameWidth + (severityCount + 1) * step + 2 * gap }
    var width: Int { halfCount * halfWidth }
    var height: Int { titleHeight + rowCount * step + gap }

    private func row(_ index: Int) -> Int { titleHeight + index % rowCount * step }

    private func left(_ half: Int, _ column: Int) -> Int {
      half * halfWidth + nameWidth + column * step
    }

    func draw(title: String, half: Int, column: Int, on sheet: inout Image) {
      let width = (title.count * PixelFont.advance - 1) * letterScale
      sheet.draw(
        title, row: gap, column: left(half, column) + (side - width) / 2, scale: letterScale)
    }

    func drawName(_ index: Int, on sheet: inout Image) {
      let middle = (side - PixelFont.height * letterScale) / 2
      sheet.draw(
        names[index], row: row(index) + middle, column: index / rowCount * halfWidth + gap,
        scale: letterScale)
    }

    func draw(_ image: Image, _ index: Int, column: Int, on sheet: inout Image) {
      sheet.draw(
        image.boxResampled(height: side, width: side), row: row(index),
        column: left(index / rowCount, column))
    }
  }
}
