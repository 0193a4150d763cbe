import Formats
import Foundation
import Runs
import Scoring

/// A page about one or more evaluations, with figures and tables beside it.
package struct Report: Sendable {
  package let runs: [Run]
  private let version: String

  /// A page about `runs`, which must have the same cells of the same images.
  ///
  /// Runs of `mixmo score` have no record of their images, so only their cells and the number of
  /// images are compared.
  ///
  /// - Throws: `ReportsError.otherRun` where they differ.
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
    if names(first) != names(run) {
      throw ReportsError.otherRun(
        first.folder.url, run.folder.url, field: "corruptions", first: names(first),
        second: names(run))
    }
    let cells = first.corruptions.flatMap { name in
      first.severities.map { Cell(corruption: name, severity: $0) }
    }
    let relations = [
      RunRecord.Relation.sameImages, .sameBinning, .sameFigures(areFitted: false),
      .sameCorruptedImages(cells),
    ]
    for relation in relations {
      if let difference = first.record.difference(from: run.record, as: relation) {
        throw ReportsError.otherRun(first.folder, run.folder, difference)
      }
    }
  }

  /// Writes `report.html` and what it refers to, `figures/` and `tables/`, into `folder`.
  ///
  /// Where one file cannot be written, none is. Waits while another process writes a page there.
  ///
  /// - Parameters:
  ///   - folder: Where the files go; created if missing.
  ///   - gnuplot: Draws the figures; without it the page has their numbers alone.
  ///   - threadCount: How many threads score, and how many figures are drawn concurrently.
  /// - Returns: The page.
  /// - Throws: `GnuplotError`, `ChildStartError` or `FileError`; `RunsError`, `PredictionFileError`,
  ///   `NumPyError` or `ScoringError` where stored predictions cannot be read.
  package func write(
    to folder: URL, gnuplot: GnuplotProgram?, threadCount: Int
  ) async throws -> URL {
    let doubts = try runs.compactMap { try $0.doubt(threadCount: threadCount) }
    let sections = try figureSections(Scorer(threadCount: threadCount))
    let headline = Headline(runs)
    let lock = try PageLock(folder)
    defer { lock.release() }
    var (pictures, files) = try await FigureFiles(
      folder: folder, gnuplot: gnuplot, threadCount: threadCount,
      isOfPage: { !ComparisonPage.isFigure($0) }
    ).draw(sections.flatMap(\.figures))
    try addTables(headline, in: folder, to: &files)
    let model = PageModel(
      title: title, lead: lead, notes: notes(hasGnuplot: gnuplot != nil) + doubts,
      sections: [atAGlance(headline)]
        + sections.map { section in
          PageModel.Section(
            id: section.id, title: section.title, text: [section.text],
            figures: section.figures.compactMap { pictures[$0.name] })
        } + [
          PageModel.Section(
            id: "what-was-run", title: "What was run", facts: runs.map(PageModel.Facts.init))
        ],
      version: version)
    let page = RunFolder(folder).page
    files.add(page, try model.html)
    try files.write()
    return page
  }

  /// The file of the headline's values, relative to the page.
  private static let headlineFile = "tables/headline.csv"

  /// Adds the headline, and the same values as a table in Markdown and in LaTeX, in `tables/`.
  private func addTables(
    _ headline: Headline, in folder: URL, to files: inout FileSet
  ) throws {
    let standard = SummarySelection(standardFor: runs)
    let (table, narrow) = try (SelectedTable(runs, standard), SelectedTable(runs, standard.narrow))
    for (file, text) in [
      (Self.headlineFile, headline.data.csv.text),
      ("tables/headline.md", table.markdown(hasIntervals: true)),
      ("tables/headline.tex", narrow.latex(hasIntervals: true)),
    ] {
      files.add(folder.appendingPathComponent(file), text)
    }
  }

  private func atAGlance(_ headline: Headline) -> PageModel.Section {
    let isShown = { (run: Run, calibration: String) in
      run.shownCalibrations.contains(calibration)
    }
    let hasMore = runs.contains { $0.calibrations.count > $0.shownCalibrations.count }
    return PageModel.Section(
      id: "at-a-glance", title: "At a glance",
      text: [
        "Means over cells, with 95 % intervals that contain them. " + kindsOfNumbers
          + " Intervals of "
          + "calibrated rows are given the fits. ECE, of \(runs[0].record.binning.description), is the "
          + "plug-in error: that of a perfectly calibrated network is above 0, the more the fewer images."
      ],
      tables: headline.tables(file: Self.headlineFile, of: isShown),
      moreTables: hasMore
        ? PageModel.MoreTables(
          title: "All calibrations",
          tables: headline.tables(file: Self.headlineFile) { _, _ in true }) : nil)
  }

  /// What the numbers of the tables are of.
  private var kindsOfNumbers: String {
    let sentences = Set(runs.map(\.record.figures)).sorted { $0.rawValue < $1.rawValue }
      .map(\.sentence)
    return sentences.joined(separator: " ")
  }

  private var title: String {
    runs.count == 1 ? runs[0].label : "\(runs.count) runs side by side"
  }

  private var lead: String {
    let origin = runs[0].record.origin
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
          "\(substitutes.joined(separator: ", ")): made with other means than the published ones. Averages "
            + "over corruptions that include it (†) do not compare with published values."
        ]) + mixedFigures + unknown
  }

  /// Which runs' numbers do not compare with others', since an older version made their tables.
  private var mixedFigures: [String] {
    guard Set(runs.map(\.record.figures)).count > 1 else { return [] }
    return runs.map {
      "\($0.label): numbers are \($0.record.figures.rawValue); calibration errors of different kinds do "
        + "not compare. Scoring the run again makes its tables anew."
    }
  }
}

extension Report {
  /// A section of the page that has figures.
  private struct FigureSection {
    let id: String
    let title: String
    let text: String
    let figures: [Figure]
  }

  /// The sections with figures; figures of one kind stand together, one for each run.
  ///
  /// - Throws: `RunsError`, `PredictionFileError`, `NumPyError`, `FileError` or `ScoringError` where
  ///   stored predictions cannot be read.
  private func figureSections(_ scorer: Scorer) throws -> [FigureSection] {
    let sections = [
      FigureSection(
        id: "side-by-side", title: "Side by side",
        text: "The runs' ensembles on the same images. mixmo compare tests the differences.",
        figures: runs.count > 1 ? [Run.severityCurves(runs)].compactMap { $0 } : []),
      FigureSection(
        id: "where-it-fails", title: "Where it fails",
        text: "Which corruptions hurt, and how soon.",
        figures: each {
          [maps(.accuracy, $0), maps(.negativeLogLikelihood, $0), $0.familyCurves()]
        }),
      FigureSection(
        id: "confidence", title: "Whether its confidence can be trusted",
        text:
          "Calibration is fitted on clean images: what it does under corruption is the question.",
        figures: try each {
          [
            $0.reliabilityDiagrams(), maps(.calibrationError, $0), $0.temperatureDots(),
            try $0.riskCoverage(scorer),
          ]
        }),
      FigureSection(
        id: "members", title: "What the members add",
        text: "An ensemble is better than its members where they err on different images.",
        figures: each { [$0.memberDots(), $0.diversityCurves()] }),
      FigureSection(
        id: "training", title: "How it was trained", text: "From the log of the training.",
        figures: each { [$0.trainingCurves()] }),
    ]
    return sections.filter { !$0.figures.isEmpty }
  }

  /// The maps of `run` on a color scale that all runs share.
  private func maps(_ metric: ShownMetric, _ run: Run) -> Figure? {
    let values = runs.flatMap { $0.maps(of: metric) }.flatMap { $0.values.joined() }
      .compactMap { $0 }
    guard let low = values.min(), let high = values.max() else { return nil }
    return run.mapFigure(of: metric, range: low...high)
  }

  /// The figures that `make` returns for each run, kind by kind.
  private func each(_ make: (Run) throws -> [Figure?]) rethrows -> [Figure] {
    let made = try runs.map(make)
    return (made.first ?? []).indices.flatMap { kind in
      made.enumerated().compactMap { index, figures -> Figure? in
        runs.count == 1 ? figures[kind] : figures[kind]?.of(run: index + 1, runs[index].label)
      }
    }
  }
}

extension Figure {
  /// The figure as one of several runs' figures.
  fileprivate func of(run number: Int, _ label: String) -> Figure? {
    Figure(
      name: "run-\(number)-\(name)", title: "\(title): \(label)", caption: caption, panels: panels,
      panelsPerRow: panelsPerRow, legend: legend, data: data)
  }
}

extension Figures {
  /// What is said at the numbers.
  fileprivate var sentence: String {
    switch self {
    case .allRows:
      "Numbers are those of all images, calibrated ones cross-fitted: each image is scored by a fit that "
        + "has not seen it."
    case .meansOfHalves:
      "Numbers are means over halves of the images, without calibration too; their calibration errors "
        + "are larger than those of all images."
    case .olderHalves:
      "An older version made the tables: calibrated numbers are means over two halves, with larger "
        + "calibration errors than those of all images, and do not compare with uncalibrated ones."
    }
  }
}
