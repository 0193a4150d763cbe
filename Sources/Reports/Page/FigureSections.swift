import Predictions
import Scoring

extension Report {
  /// A section of the page that has figures.
  struct FigureSection {
    let id: String
    let title: String
    let text: String
    let figures: [Figure]
    var tables: [SectionTable] = []
  }

  /// A table of a section, which stands in a file of its own.
  struct SectionTable {
    /// The file, relative to the page.
    let file: String
    let caption: String
    let data: DataTable
  }

  /// The sections with figures; figures of one kind stand together, one for each run.
  ///
  /// - Throws: `RunsError`, `PredictionFileError`, `NumPyError`, `FileError` or `ScoringError` where
  ///   stored predictions cannot be read.
  func figureSections(_ scorer: Scorer) throws -> [FigureSection] {
    let first = [
      FigureSection(
        id: "side-by-side", title: "Side by side",
        text: "The runs on the same images. mixmo compare tests their differences.",
        figures: runs.count > 1 ? [Run.severityCurves(runs)].compactMap { $0 } : []),
      FigureSection(
        id: "where-it-fails", title: "Where it fails",
        text: "Which corruptions lower accuracy, and from which severity on.",
        figures: each {
          [maps(.accuracy, $0), maps(.negativeLogLikelihood, $0), $0.familyCurves()]
        }),
      FigureSection(
        id: "confidence", title: "Whether its confidence can be trusted",
        text: confidenceText,
        figures: try each {
          [
            $0.reliabilityDiagrams(), maps(.calibrationError, $0), $0.temperatureDots(),
            try $0.riskCoverage(scorer), try $0.corpCurves(scorer),
          ]
        },
        tables: tables("selection-and-parts", "Means, from") {
          $0.table(of: [.selective, .decompositions])
        }),
    ]
    let last = [
      FigureSection(
        id: "members", title: "What the members add",
        text: "An ensemble is better than its members where they err on different images.",
        figures: each { [$0.memberDots(), $0.diversityCurves()] }),
      FigureSection(
        id: "training", title: "How it was trained", text: "From the log of the training.",
        figures: each { [$0.trainingCurves()] }),
    ]
    return (first + (try addedSections(scorer)) + last)
      .filter { !$0.figures.isEmpty || !$0.tables.isEmpty }
  }

  /// The sections of what runs have only where it was asked for.
  private func addedSections(_ scorer: Scorer) throws -> [FigureSection] {
    [
      FigureSection(
        id: "prediction-sets", title: "What prediction sets are worth",
        text:
          "A set holds the label with the promised probability on images like the clean ones that "
          + "it was fitted on. Nothing is promised under corruption.",
        figures: each { [$0.setCurves()] },
        tables: tables("prediction-sets", "Means, coverage and shares in %, from") { $0.setTable() }
      ),
      FigureSection(
        id: "classes", title: "Which classes fail",
        text: "The ten classes that are recognized least, on clean images and at the highest "
          + "severity.",
        figures: try each { [try $0.confusionMaps(scorer)] },
        tables: tables("worst-classes", "Accuracy and precision in %, from") { $0.worstClasses() }),
      FigureSection(
        id: "soft-labels", title: "Whether it sees what people see",
        text:
          "Predictions against the votes of people: cross entropy, Kullback-Leibler divergence (nats), "
          + "Brier score and total variation are lower the more they agree; the rank correlation of "
          + "entropies is higher the more it is unsure where people disagree.",
        figures: [], tables: tables("soft-labels", "Means, from") { $0.table(of: [.softLabels]) }),
      FigureSection(
        id: "out-of-distribution", title: "Whether it knows images of no class",
        text:
          "How well a score tells test images from images of no class, and whether it still does where test "
          + "images are corrupted. fpr95 is what passes where 95 % of the test images must.",
        figures: each { [$0.detectionCurves()] },
        tables: tables("out-of-distribution", "Means in %, from") { $0.detectionTable() }),
    ]
  }

  /// What the section on confidence is about, in the runs that there are.
  private var confidenceText: String {
    let isCorrupted = !runs[0].corruptions.isEmpty
    guard runs.contains(where: { $0.shownCalibrations.count > 1 }) else {
      return "Whether confidence is as high as accuracy."
    }
    return "Whether confidence is as high as accuracy, before and after calibration"
      + (isCorrupted ? ", which is fitted on clean images alone." : ".")
  }

  /// The table that `make` returns for each run, with its file.
  private func tables(
    _ name: String, _ caption: String, _ make: (Run) -> DataTable?
  ) -> [SectionTable] {
    runs.enumerated().compactMap { index, run in
      make(run).map { data in
        runs.count == 1
          ? SectionTable(file: "tables/\(name).csv", caption: caption, data: data)
          : SectionTable(
            file: "tables/run-\(index + 1)-\(name).csv", caption: "\(run.label). \(caption)",
            data: data)
      }
    }
  }

  /// The maps of `run` on a color scale that all runs share.
  private func maps(_ metric: ShownMetric, _ run: Run) -> Figure? {
    let values = runs.flatMap { $0.maps(of: metric) }.flatMap(\.defined)
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
