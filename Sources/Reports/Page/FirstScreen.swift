import Runs
import Scoring

/// What a page shows first: findings, a few numbers and a picture of one run; or the ranks of several.
struct FirstScreen {
  let runs: [Run]
  let tables: [FindingTables]
  let headline: Headline
  /// The file of the headline's values, relative to the page.
  let file: String
  /// Who differs from whom; nil for one run.
  let verdicts: RunVerdicts?

  /// The picture, which is drawn with the others.
  var figure: Figure? { runs.count == 1 ? runs[0].overview() : Run.overview(of: runs) }

  /// The findings of all runs, for programs.
  func findingsFile(_ version: String) -> FindingsFile {
    FindingsFile(
      zip(runs, tables).map { FindingsFile.OfRun($0.label, $1, Findings($1)) }, version: version)
  }

  /// The screen as the template reads it.
  ///
  /// - Parameter pictures: The page's pictures, by name.
  /// - Returns: The screen; figures that the page lacks are not linked.
  func model(_ pictures: [String: PageModel.Picture]) -> PageModel.FirstScreen {
    let picture = figure.flatMap { pictures[$0.name] }
    let figures = Set(pictures.keys)
    guard runs.count > 1 else {
      let findings = Findings(tables[0])
      return PageModel.FirstScreen(
        findings: findings.shown.map { sentence($0, figures, prefix: "") },
        remarks: findings.remarks, sheet: sheet, picture: picture, more: more)
    }
    return PageModel.FirstScreen(
      findings: shared(figures),
      remarks: [verdicts?.problem].compactMap { $0 }.map {
        "Differences between the runs were not tested: \($0)"
      },
      ranking: ranking, picture: picture, ofRuns: ofRuns(figures), more: more)
  }

  private func sentence(
    _ finding: Finding, _ figures: Set<String>, prefix: String
  ) -> PageModel.Sentence {
    let figure = prefix + finding.figure
    return PageModel.Sentence(
      topic: finding.topic.title, text: finding.sentence,
      figure: figures.contains(figure) ? figure : nil, isDoubt: finding.topic == .doubt)
  }

  private func ofRuns(_ figures: Set<String>) -> [PageModel.RunFindings] {
    zip(runs, tables).enumerated().map { index, item in
      let findings = Findings(item.1)
      return PageModel.RunFindings(
        run: item.0.label,
        findings: findings.shown.map { sentence($0, figures, prefix: "run-\(index + 1)-") },
        remarks: findings.remarks)
    }
  }
}

/// One run.
extension FirstScreen {
  private var sheet: PageModel.Sheet {
    let scores = ScoreSheet(tables[0])
    let rows = scores.subjects.enumerated().map { index, subject in
      PageModel.SheetRow(
        names: [subject.predictor, subject.calibration],
        groups: scores.scopes.enumerated().map { scope, name in
          PageModel.SheetFields(
            title: name.rawValue,
            fields: ScoreSheet.metrics.enumerated().map { position, metric in
              PageModel.SheetField(
                value: headline.field(
                  ofRun: runs[0].label, subject, metric, scope: scope)?.value,
                isBest: scores.entry(index, scope, position)?.isBest ?? false)
            })
        })
    }
    let marks = rows.count > 1 ? "bold: best, or not clearly worse; " : ""
    return PageModel.Sheet(
      file: file, caption: "\(marks)accuracy and overconfidence in %:",
      groups: scores.scopes.map { scope in
        PageModel.Group(
          title: scope.rawValue
            + (scope == .corrupted ? scores.corruptedName.map { " (\($0))" } ?? "" : ""),
          metrics: ScoreSheet.metrics.map(Self.shortTitle))
      },
      metricCount: ScoreSheet.metrics.count, rows: rows)
  }

  private static func shortTitle(_ metric: ShownMetric) -> String {
    metric.name == Metric.overconfidence.name ? "overconf." : metric.title
  }

  private var more: PageModel.MoreTables {
    PageModel.MoreTables(
      title: "All predictors and calibrations, with 95 % intervals",
      text: [
        Set(runs.map(\.record.figures)).sorted { $0.rawValue < $1.rawValue }.map(\.sentence)
          .joined(separator: " ")
          + " Intervals of calibrated rows take the fitted calibrations as given. ECE, of "
          + "\(runs[0].record.binning.description), is the plug-in error: that of a perfectly "
          + "calibrated network is above 0, the more the fewer images."
      ],
      tables: headline.tables(file: file) { _, _ in true })
  }
}

/// Several runs.
extension FirstScreen {
  /// The scope by which runs are ranked.
  private var rankedScope: FindingTables.Scope { tables[0].scopes.count > 1 ? .corrupted : .clean }

  private func accuracy(_ run: Int) -> Double {
    tables[run].estimate(.accuracy, rankedScope)?.value ?? -.infinity
  }

  /// The indices of the runs, the most accurate first.
  private var order: [Int] {
    runs.indices.sorted { (accuracy($0), $1) > (accuracy($1), $0) }
  }

  private func worse(than run: Int) -> [Int] {
    runs.indices.filter { $0 != run && verdicts?.isMoreAccurate(run, than: $0) == true }
  }

  /// What is said of all runs: first what is implausible.
  private func shared(_ figures: Set<String>) -> [PageModel.Sentence] {
    let found = SharedFindings(zip(runs, tables).map { ($0.label, $1) }, scope: rankedScope)
    let ofFirst = "run-\((order.first ?? 0) + 1)-"
    let sentences: [(topic: Finding.Topic, text: String?, figure: String)] =
      found.doubts.map { (.doubt, $0, "severity-curves") } + [
        (.accuracy, leader, "overview"), (.confidence, found.confidence, ofFirst + "reliability"),
        (.calibration, found.calibration, ofFirst + "nll-map"),
      ]
    return sentences.compactMap { topic, text, figure in
      text.map {
        PageModel.Sentence(
          topic: topic.title, text: $0, figure: figures.contains(figure) ? figure : nil,
          isDoubt: topic == .doubt)
      }
    }
  }

  /// Which run is the most accurate, and which others it is not clearly above.
  private var leader: String? {
    guard verdicts?.problem == nil, let first = order.first,
      let accuracy = tables[first].estimate(.accuracy, rankedScope)
    else { return nil }
    let rivals = order.dropFirst().filter { !worse(than: first).contains($0) }
    let label = runs[first].label
    let place = "\(rankedScope.phrase) (\(FindingText.shareInside(accuracy)))"
    return rivals.isEmpty
      ? "\(label) is the most accurate \(place)."
      : "\(label) has the highest accuracy \(place), but not clearly above "
        + "\(FindingText.list(rivals.map { runs[$0].label }, "or"))."
  }

  private var ranking: PageModel.RankingTable {
    let isCorrupted = rankedScope == .corrupted
    let columns: [(title: String, metric: ShownMetric, scope: Int)] =
      [("accuracy, clean", .accuracy, 0)]
      + (isCorrupted
        ? [
          ("accuracy, corrupted", .accuracy, 1), ("NLL, corrupted", .negativeLogLikelihood, 1),
          ("ECE, corrupted", .calibrationError, 1),
        ]
        : [("NLL, clean", .negativeLogLikelihood, 0), ("ECE, clean", .calibrationError, 0)])
    let place = isCorrupted ? "under corruption, \(headline.scopeNames[1])" : "on clean images"
    return PageModel.RankingTable(
      file: file,
      caption:
        "By accuracy \(place); who is more accurate by exact tests of each pair (Holm, 5 % in "
        + "all); accuracy in %:", header: columns.map(\.title),
      rows: order.enumerated().map { rank, run in
        let subject = ScoreSheet.Subject(
          predictor: tables[run].predictor, calibration: tables[run].plain)
        return PageModel.RankedRow(
          rank: rank + 1, run: runs[run].label,
          fields: columns.map {
            headline.field(ofRun: runs[run].label, subject, $0.metric, scope: $0.scope)
              ?? PageModel.Field(value: nil)
          }, verdict: verdict(run))
      })
  }

  private func verdict(_ run: Int) -> String {
    guard verdicts?.problem == nil else { return "not tested" }
    let worse = worse(than: run)
    if worse.isEmpty { return "none significantly" }
    return worse.count == runs.count - 1
      ? "all others" : worse.map { runs[$0].label }.joined(separator: ", ")
  }
}

extension Figures {
  /// What is said at the numbers.
  var sentence: String {
    switch self {
    case .allRows:
      "Numbers are those of all images, calibrated ones cross-fitted: each image is scored by a calibration "
        + "that was fitted on others."
    case .meansOfHalves:
      "Numbers are means over halves of the images, without calibration too; their calibration errors "
        + "are larger than those of all images."
    case .olderHalves:
      "An older version made the tables: calibrated numbers are means over two halves, with larger "
        + "calibration errors than those of all images, and do not compare with uncalibrated ones."
    }
  }
}
