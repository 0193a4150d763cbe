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
  ///   - report: Told how far each step is.
  /// - Returns: The page.
  /// - Throws: `GnuplotError`, `ChildStartError` or `FileError`.
  package func write(
    to folder: URL, gnuplot: GnuplotProgram?, threadCount: Int,
    report: ReportStep.Report = { _, _, _ in }
  ) async throws -> URL {
    let lock = try PageLock(folder)
    defer { lock.release() }
    let maps = comparison.pairs.enumerated().compactMap { map($1, number: $0 + 1) }
    var (pictures, files) = try await FigureFiles(
      folder: folder, gnuplot: gnuplot, threadCount: threadCount, isOfPage: Self.isFigure
    ).draw(maps, report)
    let model = PageModel(
      title: Self.title(comparison),
      lead:
        "\(comparison.predictorNames.joined(separator: " and ")), calibration \(comparison.calibration.name), on the same "
        + "\(comparison.imageCount) images.",
      first: nil, notes: comparison.notes + (gnuplot == nil ? [PageModel.withoutGnuplot] : []),
      sections: [
        PageModel.Section(
          id: "conclusion", title: "Conclusion",
          text: comparison.conclusions + [Comparison.caveat],
          tables: comparison.pairs.map(means)),
        PageModel.Section(
          id: "maps", title: "Where it is better and worse",
          text: ["A paired test of each cell and metric, corrected for all tests together."],
          figures: maps.compactMap { pictures[$0.name] }),
      ].filter { $0.id != "maps" || !maps.isEmpty },
      version: version)
    let page = folder.appendingPathComponent("comparison.html")
    files.add(folder.appendingPathComponent(Self.table), comparison.table.text)
    files.add(page, try model.html)
    try files.write()
    return page
  }

  private static func title(_ comparison: Comparison) -> String {
    comparison.pairs.count == 1
      ? "\(comparison.pairs[0].run) compared with \(comparison.reference)"
      : "Compared with \(comparison.reference)"
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
      file: Self.table,
      caption:
        "\(pair.run) (run) and \(comparison.reference) (reference), accuracy and overconfidence in %, with 95 % "
        + "intervals of differences:",
      nameHeader: ["over", "metric", "verdict"], header: ["reference", "run", "difference"],
      rows: ordered.map { index, row in
        let over =
          row.corruption == clean ? clean : "mean of \(comparison.cells.count - 1) cells"
        return PageModel.Row(
          names: [over, Self.title(row.metric), Self.word(row.verdict)],
          fields: numberFields(row, row: index + 1))
      })
  }

  private static func title(_ metric: String) -> String {
    Metric(name: metric).map(Comparison.title) ?? metric
  }

  private static func word(_ verdict: String?) -> String {
    verdict.flatMap(Contrast.Verdict.init)?.word ?? "not significant"
  }

  private func numberFields(_ row: Comparison.Row, row number: Int) -> [PageModel.Field] {
    let isShare = Metric(name: row.metric).map(Comparison.isInPoints) ?? false
    let style: ValueStyle = isShare ? .percent : .decimal
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

  /// Maps of where the run is better and worse, one for each metric; nil where there are only clean
  /// images.
  private func map(_ pair: Comparison.Pair, number: Int) -> Figure? {
    guard !comparison.corruptions.isEmpty else { return nil }
    var data = DataTable([
      ("metric", .name), ("corruption", .name), ("severity", .name), ("verdict", .name),
      ("difference", .decimal), ("p", .decimal), ("p_holm", .decimal),
    ])
    let contrasts = Dictionary(uniqueKeysWithValues: zip(comparison.cells, pair.cells))
    let panels = comparison.metrics.enumerated().map { index, metric in
      Panel.map(
        "verdicts\(index)", title: Self.mapTitle(metric), rows: comparison.corruptions,
        columns: comparison.severities.map { "\($0)" }, columnLabel: "severity",
        squares(metric, contrasts, &data))
    }
    return Figure(
      name: "\(Self.figurePrefix)\(number)",
      title: "\(pair.run) compared with \(comparison.reference)",
      caption: "Each square is the run's value minus the reference's: blue where the run is "
        + "significantly better, orange where it is worse, gray where neither is. Better in overconfidence is "
        + "closer to 0.", panels: panels, panelsPerRow: (twoColumn: 2, oneColumn: 1), data: data)
  }

  /// The squares of one metric, whose numbers are added to `data`.
  private func squares(
    _ metric: Metric, _ contrasts: [Cell: Contrast], _ data: inout DataTable
  ) -> [[Panel.Square?]] {
    comparison.corruptions.map { corruption in
      comparison.severities.map { severity -> Panel.Square? in
        guard let contrast = contrasts[Cell(corruption: corruption, severity: severity)],
          let difference = contrast.values[metric]?.difference, let test = contrast.tests[metric]
        else { return nil }
        data.append(
          [metric.name, corruption, "\(severity)", test.verdict.rawValue],
          [difference, test.pValue, test.correctedPValue])
        return Panel.Square(
          text: metric == .negativeLogLikelihood
            ? String(format: "%+.2f", difference) : String(format: "%+.1f", 100 * difference),
          color: test.verdict.color)
      }
    }
  }

  private static func mapTitle(_ metric: Metric) -> String {
    switch metric {
    case _ where Comparison.isInPoints(metric): "\(Comparison.title(metric)), points"
    case .negativeLogLikelihood: Comparison.title(metric)
    default: "\(Comparison.title(metric)), hundredths"
    }
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
