import Formats
import Foundation
import Predictions
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
      RunRecord.Relation.sameImages, .sameBinning, .sameSets, .sameFigures(areFitted: false),
      .sameCorruptedImages(cells),
    ]
    for relation in relations {
      if let difference = first.record.difference(from: run.record, as: relation) {
        throw ReportsError.otherRun(first.folder, run.folder, difference)
      }
    }
  }

  /// Writes `report.html` and what it refers to, `figures/` and `tables/`, and `findings.json` into
  /// `folder`.
  ///
  /// Where one file cannot be written, none is. Waits while another process writes a page there.
  ///
  /// - Parameters:
  ///   - folder: Where the files go; created if missing.
  ///   - gnuplot: Draws the figures; without it the page has their numbers alone.
  ///   - threadCount: How many threads score, and how many figures are drawn concurrently.
  ///   - report: Told how far each step is.
  /// - Returns: The page.
  /// - Throws: `GnuplotError`, `ChildStartError` or `FileError`; `RunsError`, `PredictionFileError`,
  ///   `NumPyError` or `ScoringError` where stored predictions cannot be read.
  package func write(
    to folder: URL, gnuplot: GnuplotProgram?, threadCount: Int,
    report: ReportStep.Report = { _, _, _ in }
  ) async throws -> URL {
    let doubts = try runs.compactMap { run in
      try run.doubt(threadCount: threadCount) { try report(.hash, $0, $1) }
    }
    let scorer = Scorer(threadCount: threadCount)
    let sections = try figureSections(scorer)
    let tables = try runs.map { try FindingTables($0, scorer: scorer) }
    let screen = FirstScreen(
      runs: runs, tables: tables, headline: Headline(runs), file: Self.headlineFile,
      verdicts: runs.count > 1 ? RunVerdicts(runs, threadCount: threadCount) : nil)
    let lock = try PageLock(folder)
    defer { lock.release() }
    var (pictures, files) = try await FigureFiles(
      folder: folder, gnuplot: gnuplot, threadCount: threadCount,
      isOfPage: { !ComparisonPage.isFigure($0) }
    ).draw(sections.flatMap(\.figures) + [screen.figure].compactMap { $0 }, report)
    try addTables(screen, in: folder, to: &files, threadCount: threadCount, report)
    for table in sections.flatMap(\.tables) {
      files.add(folder.appendingPathComponent(table.file), table.data.csv.text)
    }
    let model = PageModel(
      title: title, lead: lead, first: screen.model(pictures),
      notes: notes(hasGnuplot: gnuplot != nil) + doubts,
      sections: sections.map { section in
        PageModel.Section(
          id: section.id, title: section.title, text: [section.text],
          tables: section.tables.map {
            PageModel.Table($0.data, file: $0.file, caption: $0.caption)
          },
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

  /// Adds the findings, the headline, and the headline's values as a table in Markdown and in LaTeX.
  private func addTables(
    _ screen: FirstScreen, in folder: URL, to files: inout FileSet, threadCount: Int,
    _ report: ReportStep.Report
  ) throws {
    let standard = SummarySelection(standardFor: runs)
    // What differs between runs is tested, as it is where they are compared.
    let testThreadCount = runs.count > 1 ? threadCount : nil
    let (table, narrow) = try (
      SelectedTable(runs, standard, testThreadCount: testThreadCount, report),
      SelectedTable(runs, standard.narrow, testThreadCount: testThreadCount, report)
    )
    for (file, text) in [
      (RunFolder(folder).findings.lastPathComponent, try screen.findingsFile(version).text),
      (Self.headlineFile, screen.headline.data.csv.text),
      ("tables/headline.md", table.markdown(hasIntervals: true)),
      ("tables/headline.tex", narrow.latex(hasIntervals: true)),
    ] {
      files.add(folder.appendingPathComponent(file), text)
    }
  }

  private var title: String {
    runs.count == 1 ? runs[0].label : "\(runs.count) runs side by side"
  }

  private var lead: String {
    let origin = runs[0].record.origin
    let cells = runs[0].corruptions.count * runs[0].severities.count
    let name = runs[0].summary.protocolOfMeans ?? ""
    let published =
      FindingTables.isPublished(name) ? " Means are of \(name), \(Self.meaning(of: name))." : ""
    return "\(origin.images) test images of \(origin.dataset), clean"
      + (cells > 0
        ? " and under \(runs[0].corruptions.count) corruptions at \(runs[0].severities.count) "
          + "severities.\(published)" : ".")
  }

  private static func meaning(of name: String) -> String {
    name.hasPrefix(CorruptionProtocol.Name.c15.rawValue)
      ? "the 15 corruptions of the published benchmark" : "its 15 corruptions and the 4 extra ones"
  }

  private func notes(hasGnuplot: Bool) -> [String] {
    let substitutes = runs[0].corruptions.filter { $0.contains(Cell.substituteMark) }
    let unknown = runs.flatMap { run in
      [
        run.cells, run.summary, run.reliability, run.diversity, run.conformal, run.classes,
        run.outOfDistribution,
      ]
      .compactMap { $0 }.filter { !$0.unknownColumns.isEmpty }
      .map {
        "\(run.label): \($0.file.lastPathComponent) has columns that this version does not know: "
          + $0.unknownColumns.map(\.oneLine).joined(separator: ", ")
      }
    }
    var notes = hasGnuplot ? [] : [PageModel.withoutGnuplot]
    if !substitutes.isEmpty {
      notes.append(
        "\(substitutes.joined(separator: ", ")): not made from the published material. Means that "
          + "include it (†) do not compare with published ones.")
    }
    return notes + runs.compactMap(\.noteOnReference) + mixedFigures + unknown
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

extension Run {
  /// What is said of the run's errors relative to those of a reference model; nil where there are none.
  fileprivate var noteOnReference: String? {
    let macro = [ReferenceErrors.protocolName, CorruptionAggregate.macro.name]
    guard let first = summary.keys.first(where: { Array($0[..<2]) == macro }),
      let model = summary.keys.lazy.filter({ $0[..<4] == first[..<4] })
        .compactMap({ ReferenceSentence.model(of: $0[4]) }).first
    else { return nil }
    func value(_ metric: String) -> Double? {
      summary[Array(first[..<4]) + [metric], "value"]?.value
    }
    guard let mean = value("mean_corruption_error_relative_to(\(model))"),
      let error = value("mean_corruption_error")
    else { return nil }
    return "\(label): "
      + ReferenceSentence.text(
        ReferenceSentence.Values(
          model: model, mean: mean,
          relative: value("relative_mean_corruption_error_relative_to(\(model))"), error: error),
        imageCount: record.origin.images, isGenerated: record.isOfGeneratedImages) + "."
  }
}
