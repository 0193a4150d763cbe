import Formats
import Foundation
import Scoring

/// A page about one evaluation or several, with figures and tables beside it.
package struct Report: Sendable {
  package let runs: [Run]
  private let version: String

  /// - Throws: `ReportsError.otherRun` where runs are not of the same cells of the same images; of
  ///   runs of `score`, whose records know no images, only cells and counts can tell.
  package init(_ runs: [Run], version: String) throws {
    precondition(!runs.isEmpty, "no run")
    self.runs = runs
    self.version = version
    for run in runs.dropFirst() { try Self.check(run, against: runs[0]) }
  }

  private static func check(_ run: Run, against first: Run) throws {
    func names(_ run: Run) -> String {
      (run.corruptions.joined(separator: ", ") + " at "
        + run.severities.map { "\($0)" }.joined(separator: ", "))
    }
    let (one, two) = (first.information, run.information)
    var fields = [
      ("corruptions", names(first), names(run)),
      ("images", "\(one.origin.images)", "\(two.origin.images)"),
    ]
    if !one.isOfAnybodysPredictions, !two.isOfAnybodysPredictions {
      let cells = first.corruptions.flatMap { name in first.severities.map { "\(name)-\($0)" } }
      fields += [
        ("data set", one.origin.dataset, two.origin.dataset),
        ("data", one.origin.data, two.origin.data),
      ]
      fields += one.corruptionFields(beside: two, cells: cells)
    }
    for (field, mine, other) in fields where mine != other {
      throw ReportsError.otherRun(
        first.folder, run.folder, field: field, first: mine, second: other)
    }
  }

  /// Writes `report.html` and what it refers to, `figures/` and `tables/`, into `folder`.
  ///
  /// Without `gnuplot` the page has the figures' numbers alone.
  ///
  /// - Parameters:
  ///   - folder: Where the files go; it is made where it is not there.
  ///   - gnuplot: Draws the figures.
  ///   - threadCount: How many threads score, and how many figures are drawn at a time.
  /// - Returns: The page.
  /// - Throws: `GnuplotError`, or `FileError.unwritable`.
  package func write(
    to folder: URL, gnuplot: GnuplotProgram?, threadCount: Int
  ) async throws -> URL {
    try FolderCreation.create(folder)
    let figures = try sectionFigures(Scorer(threadCount: threadCount))
    let pictures = try await FigureFiles(
      folder: folder, gnuplot: gnuplot, threadCount: threadCount
    ).write(figures.flatMap(\.figures))
    let headline = Headline(runs)
    let headlineFile = "tables/headline.csv"
    try FolderCreation.create(folder.appendingPathComponent("tables"))
    try AtomicFile.write(
      headline.data.csv.text, to: folder.appendingPathComponent(headlineFile))
    let table = try SelectedTable(runs, SummarySelection(standardFor: runs))
    for (name, text) in [
      ("headline.md", table.markdown(hasIntervals: true)),
      ("headline.tex", table.latex(hasIntervals: false)),
    ] {
      try AtomicFile.write(text, to: folder.appendingPathComponent("tables/\(name)"))
    }
    let model = PageModel(
      title: title, lead: lead, notes: notes(hasGnuplot: gnuplot != nil),
      sections: [
        atAGlance(headline, file: headlineFile)
      ]
        + figures.map { section in
          PageModel.Section(
            id: section.id, title: section.title, text: [section.text],
            figures: section.figures.compactMap { pictures[$0.name] })
        } + [
          PageModel.Section(
            id: "what-was-run", title: "What was run", facts: runs.map(PageModel.Facts.init))
        ],
      version: version)
    let page = folder.appendingPathComponent("report.html")
    try AtomicFile.write(try model.html, to: page)
    return page
  }

  private func atAGlance(_ headline: Headline, file: String) -> PageModel.Section {
    let isShown = { (run: Run, calibration: String) in
      run.shownCalibrations.contains(calibration)
    }
    let hasMore = runs.contains { $0.calibrations.count > $0.shownCalibrations.count }
    return PageModel.Section(
      id: "at-a-glance", title: "At a glance",
      text: [
        "Means over cells, with 95 % intervals. ECE cannot be negative and grows with noise, so an "
          + "interval of a small ECE can lie above it."
      ],
      tables: headline.tables(file: file, of: isShown),
      moreTables: hasMore
        ? PageModel.MoreTables(
          title: "All calibrations", tables: headline.tables(file: file) { _, _ in true }) : nil)
  }

  private var title: String {
    runs.count == 1 ? runs[0].label : "\(runs.count) runs side by side"
  }

  private var lead: String {
    let origin = runs[0].information.origin
    let cells = runs[0].corruptions.count * runs[0].severities.count
    return "\(origin.images) test images of \(origin.dataset), clean"
      + (cells > 0
        ? " and under \(runs[0].corruptions.count) corruptions at \(runs[0].severities.count) "
          + "severities." : ".")
  }

  private func notes(hasGnuplot: Bool) -> [String] {
    let substitutes = runs[0].corruptions.filter { $0.contains(Cell.substituteMark) }
    let unknown = runs.flatMap { run in
      [run.cells, run.summary, run.reliability, run.diversity].filter { !$0.unknownColumns.isEmpty }
        .map {
          "\(run.label): \($0.file.lastPathComponent) has columns that this version does not know: "
            + $0.unknownColumns.map(\.oneLine).joined(separator: ", ")
        }
    }
    return (hasGnuplot ? [] : [PageModel.withoutGnuplot])
      + (substitutes.isEmpty
        ? []
        : [
          "\(substitutes.joined(separator: ", ")): made with other means than the published ones; "
            + "figures over all corruptions that include them are no published figures."
        ]) + unknown
  }
}
