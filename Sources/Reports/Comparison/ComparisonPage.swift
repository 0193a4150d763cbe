import Formats
import Foundation
import Scoring

/// The files of a comparison: `comparison.csv`, and a page with maps of wins and losses.
package struct ComparisonPage: Sendable {
  private let comparison: Comparison
  private let version: String

  package init(_ comparison: Comparison, version: String) {
    self.comparison = comparison
    self.version = version
  }

  /// Writes `comparison.csv`, `comparison.html` and the figures into `folder`.
  ///
  /// - Parameters:
  ///   - folder: Where the files go; it is made where it is not there.
  ///   - gnuplot: Draws the maps; without it the page has their numbers alone.
  /// - Returns: The page.
  /// - Throws: `GnuplotError`, or `FileError.unwritable`.
  package func write(to folder: URL, gnuplot: GnuplotProgram?) async throws -> URL {
    try FolderCreation.create(folder)
    let table = "comparison.csv"
    try AtomicFile.write(comparison.table.text, to: folder.appendingPathComponent(table))
    let maps = comparison.pairs.enumerated().compactMap { map($1, number: $0 + 1) }
    let pictures = try await FigureFiles(folder: folder, gnuplot: gnuplot).write(maps)
    let model = PageModel(
      title: "Compared with \(comparison.reference)",
      lead: "\(comparison.predictor.name), calibration \(comparison.calibration.rawValue), "
        + "on the same images.",
      notes: gnuplot == nil ? [PageModel.withoutGnuplot] : [],
      sections: [
        PageModel.Section(
          id: "conclusion", title: "Conclusion",
          text: comparison.pairs.map(comparison.conclusion) + [Comparison.caveat],
          tables: comparison.pairs.indices.map { means($0, file: table) }),
        PageModel.Section(
          id: "maps", title: "Wins and losses",
          text: [
            "McNemar's exact test of each cell, corrected by Holm's method for being many."
          ], figures: maps.compactMap { pictures[$0.name] }),
      ].filter { $0.id != "maps" || !maps.isEmpty },
      version: version)
    let page = folder.appendingPathComponent("comparison.html")
    try AtomicFile.write(try model.html, to: page)
    return page
  }

  /// The clean images and the mean over cells, by metric.
  private func means(_ pair: Int, file: String) -> PageModel.Table {
    let subject = comparison.pairs[pair]
    let metrics = Comparison.metrics.count
    let before = comparison.pairs[..<pair].reduce(0) {
      $0 + ($1.cells.count + ($1.mean == nil ? 0 : 1)) * metrics
    }
    let clean = subject.cells.firstIndex { $0.severity == 0 }
    let scopes: [(name: String, place: Int, differences: [Comparison.Difference])] =
      (clean.map { [("clean", $0, subject.cells[$0].differences)] } ?? [])
      + (subject.mean.map {
        [("mean of \($0.cellCount) cells", subject.cells.count, $0.differences)]
      } ?? [])
    let rows = scopes.flatMap { scope in
      scope.differences.enumerated().map { index, difference in
        PageModel.Row(
          names: [scope.name, difference.metric.rawValue],
          fields: fields(difference, row: before + scope.place * metrics + index + 1))
      }
    }
    return PageModel.Table(
      file: file, caption: "\(subject.label) beside \(comparison.reference), accuracy in %:",
      nameHeader: ["over", "metric"], header: ["reference", "run", "difference"], rows: rows)
  }

  private func fields(_ difference: Comparison.Difference, row: Int) -> [PageModel.Field] {
    let style: DataTable.Style = difference.metric == .accuracy ? .percent : .figure
    func shown(_ number: Double?, _ column: String) -> PageModel.Shown? {
      PageModel.Shown(number, style: style, row: row, column: column)
    }
    let ends = shown(difference.interval?.low, "low").flatMap { low in
      shown(difference.interval?.high, "high").map { PageModel.Ends(low: low, high: $0) }
    }
    return [
      PageModel.Field(value: shown(difference.reference, "reference_value")),
      PageModel.Field(value: shown(difference.value, "value")),
      PageModel.Field(value: shown(difference.difference, "difference"), interval: ends),
    ]
  }

  /// A map of wins and losses; nil where there are only clean images.
  private func map(_ pair: Comparison.Pair, number: Int) -> Figure? {
    let (corruptions, severities) = comparison.grid(pair)
    guard !corruptions.isEmpty else { return nil }
    var data = DataTable([
      ("corruption", .name), ("severity", .name), ("verdict", .name), ("difference", .share),
      ("p", .figure), ("p_holm", .figure),
    ])
    let squares = corruptions.map { corruption in
      severities.map { severity -> Panel.Square? in
        let found = pair.cells.first {
          $0.corruption == corruption && $0.severity == severity
        }
        guard let cell = found, let difference = cell.accuracy.difference else { return nil }
        data.append(
          [corruption, "\(severity)", cell.verdict.rawValue],
          [difference, cell.pValue, cell.correctedPValue])
        return Panel.Square(
          text: String(format: "%+.1f", 100 * difference), colour: cell.verdict.colour)
      }
    }
    return Figure(
      name: "verdicts-\(number)", title: "\(pair.label) beside \(comparison.reference)",
      reading: "Each square is the difference in accuracy, in points: dark where the run is more "
        + "accurate than the reference, orange where it is less, grey where the images do not decide.",
      panels: [
        .map(
          "verdicts", title: "difference in accuracy, points", rows: corruptions,
          columns: severities.map { "\($0)" }, columnLabel: "severity", squares)
      ], across: (two: 1, one: 1), data: data)
  }
}

extension Comparison.Verdict {
  fileprivate var colour: Palette.Colour {
    switch self {
    case .win: Palette.win
    case .loss: Palette.loss
    case .undecided: Palette.undecided
    }
  }
}
