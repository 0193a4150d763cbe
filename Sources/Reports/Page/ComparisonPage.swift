import Formats
import Foundation
import Scoring

/// The files of a comparison: `comparison.csv`, and a page with maps of wins and losses.
package struct ComparisonPage: Sendable {
  private let comparison: Comparison
  private let version: String

  private static let table = "comparison.csv"

  package init(_ comparison: Comparison, version: String) {
    self.comparison = comparison
    self.version = version
  }

  /// Writes `comparison.csv`, `comparison.html` and the figures into `folder`.
  ///
  /// Where one file cannot be written, none is. Waits while another process writes a page there.
  ///
  /// - Parameters:
  ///   - folder: Where the files go; created if missing.
  ///   - gnuplot: Draws the maps; without it the page has their numbers alone.
  ///   - threadCount: How many maps are drawn concurrently.
  /// - Returns: The page.
  /// - Throws: `GnuplotError`, `ChildStartError` or `FileError`.
  package func write(
    to folder: URL, gnuplot: GnuplotProgram?, threadCount: Int
  ) async throws -> URL {
    let lock = try PageLock(folder)
    defer { lock.release() }
    let maps = comparison.pairs.enumerated().compactMap { map($1, number: $0 + 1) }
    var (pictures, files) = try await FigureFiles(
      folder: folder, gnuplot: gnuplot, threadCount: threadCount, isOfPage: Self.isFigure
    ).draw(maps)
    let model = PageModel(
      title: "Compared with \(comparison.reference)",
      lead:
        "\(comparison.predictorNames.joined(separator: " and ")), calibration \(comparison.calibration.name), on the same "
        + "\(comparison.imageCount) images.",
      notes: comparison.notes + (gnuplot == nil ? [PageModel.withoutGnuplot] : []),
      sections: [
        PageModel.Section(
          id: "conclusion", title: "Conclusion",
          text: comparison.conclusions + [Comparison.caveat],
          tables: comparison.pairs.map(means)),
        PageModel.Section(
          id: "maps", title: "Wins and losses",
          text: ["McNemar's exact test of each cell, corrected for being many."],
          figures: maps.compactMap { pictures[$0.name] }),
      ].filter { $0.id != "maps" || !maps.isEmpty },
      version: version)
    let page = folder.appendingPathComponent("comparison.html")
    files.add(folder.appendingPathComponent(Self.table), comparison.table.text)
    files.add(page, try model.html)
    try files.write()
    return page
  }

  private static let figurePrefix = "verdicts-"

  /// Whether a figure of this name is of a comparison, not of a report.
  static func isFigure(_ name: String) -> Bool { name.hasPrefix(figurePrefix) }

  /// The values on clean images and their means over corrupted cells, by metric.
  private func means(_ pair: Comparison.Pair) -> PageModel.Table {
    let clean = Cell.clean.corruption
    let rows = comparison.rows.enumerated().filter { _, row in
      row.run == pair.run && [Comparison.mean, clean].contains(row.corruption)
    }
    let ordered = rows.filter { $1.corruption == clean } + rows.filter { $1.corruption != clean }
    return PageModel.Table(
      file: Self.table, caption: "\(pair.run) beside \(comparison.reference), accuracy in %:",
      nameHeader: ["over", "metric"], header: ["reference", "run", "difference"],
      rows: ordered.map { index, row in
        let over =
          row.corruption == clean ? clean : "mean of \(comparison.cells.count - 1) cells"
        return PageModel.Row(names: [over, row.metric], fields: numberFields(row, row: index + 1))
      })
  }

  private func numberFields(_ row: Comparison.Row, row number: Int) -> [PageModel.Field] {
    let style: ValueStyle = row.metric == Metric.accuracy.name ? .percent : .decimal
    func shown(_ value: Double?, _ column: Comparison.Column) -> PageModel.Shown? {
      PageModel.Shown(value, style: style, row: number, column: column.rawValue)
    }
    let ends = shown(row.low, .low).flatMap { low in
      shown(row.high, .high).map { PageModel.Ends(low: low, high: $0) }
    }
    return [
      PageModel.Field(value: shown(row.referenceValue, .referenceValue)),
      PageModel.Field(value: shown(row.value, .value)),
      PageModel.Field(value: shown(row.difference, .difference), interval: ends),
    ]
  }

  /// A map of wins and losses; nil where there are only clean images.
  private func map(_ pair: Comparison.Pair, number: Int) -> Figure? {
    let (corruptions, severities) = (comparison.corruptions, comparison.severities)
    guard !corruptions.isEmpty else { return nil }
    var data = DataTable([
      ("corruption", .name), ("severity", .name), ("verdict", .name), ("difference", .share),
      ("p", .decimal), ("p_holm", .decimal),
    ])
    let contrasts = Dictionary(uniqueKeysWithValues: zip(comparison.cells, pair.cells))
    let squares = corruptions.map { corruption in
      severities.map { severity -> Panel.Square? in
        let cell = Cell(corruption: corruption, severity: severity)
        guard let contrast = contrasts[cell],
          let difference = contrast.values[.accuracy]?.difference
        else { return nil }
        data.append(
          [corruption, "\(severity)", contrast.verdict.rawValue],
          [difference, contrast.pValue, contrast.correctedPValue])
        return Panel.Square(
          text: String(format: "%+.1f", 100 * difference), color: contrast.verdict.color)
      }
    }
    return Figure(
      name: "\(Self.figurePrefix)\(number)", title: "\(pair.run) beside \(comparison.reference)",
      caption: "Each square is the difference in accuracy, in points: dark where the run is more "
        + "accurate than the reference, orange where it is less, gray where the images do not decide.",
      panels: [
        .map(
          "verdicts", title: "difference in accuracy, points", rows: corruptions,
          columns: severities.map { "\($0)" }, columnLabel: "severity", squares)
      ], panelsPerRow: (twoColumn: 1, oneColumn: 1), data: data)
  }
}

extension Contrast.Verdict {
  fileprivate var color: Palette.Color {
    switch self {
    case .win: Palette.win
    case .loss: Palette.loss
    case .undecided: Palette.undecided
    }
  }
}
