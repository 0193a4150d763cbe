import Runs
import Scoring

/// What is computed of cells beside the metrics, where it is asked for.
struct CellAdditions {
  private(set) var sets: [CellSets] = []
  private(set) var classes: [CellClasses] = []
  private(set) var detections: [CellDetections] = []
  private let scorer: Scorer
  private let bootstrap: Bootstrap?
  private let setScoring: SetScoring?
  private let detectionScoring: DetectionScoring?
  private let hasClasses: Bool

  /// - Parameters:
  ///   - settings: What is asked for, and what prediction sets are fitted on.
  ///   - scorer: What scores.
  ///   - clean: The predictions of the clean images.
  ///   - outOfDistribution: The images of no class that cells are told from.
  ///   - bootstrap: Draws of the images of cells; nil for no intervals.
  ///   - threadCount: The threads that draw images of no class.
  /// - Throws: `ScoringError` where there are too few images to halve.
  init(
    _ settings: ScoringSettings, _ scorer: Scorer, clean: LabeledLogits,
    _ outOfDistribution: [OutOfDistributionSet], _ bootstrap: Bootstrap?, threadCount: Int
  ) throws {
    self.scorer = scorer
    self.bootstrap = bootstrap
    setScoring = try SetScoring(settings, scorer, clean: clean)
    detectionScoring = try DetectionScoring(
      outOfDistribution, scorer, bootstrap, seed: settings.seed, threadCount: threadCount)
    hasClasses = settings.additions.classes == true
  }

  /// Computes what is asked for of a cell with these scores.
  ///
  /// - Parameters:
  ///   - cell: The cell.
  ///   - scores: Its numbers under each calibration.
  ///   - predictions: Its predictions.
  ///   - report: Called before each calibration where that takes long.
  /// - Returns: The figures that means over cells are taken of.
  /// - Throws: `ScoringError`, or what `report` throws.
  mutating func add(
    _ cell: Cell, _ scores: [CellScores], of predictions: LabeledLogits, report: () throws -> Void
  ) throws -> [(AddedFigures.Key, AddedFigures.Figure)] {
    var all: [(AddedFigures.Key, AddedFigures.Figure)] = []
    if let (rows, figures) = try setScoring?.scores(of: predictions, bootstrap) {
      sets.append(CellSets(cell: cell, rows: rows))
      all += figures
    }
    if hasClasses {
      let ofCell = try classScores(scores, of: predictions, cell)
      classes.append(ofCell)
      all += ofCell.figures
    }
    if let detectionScoring {
      let ofCell = try detectionScoring.detections(cell, scores, of: predictions, report: report)
      detections.append(ofCell)
      all += ofCell.figures
    }
    return all
  }

  private func classScores(
    _ scores: [CellScores], of logits: LabeledLogits, _ cell: Cell
  ) throws -> CellClasses {
    CellClasses(
      cell: cell,
      subjects: try scores.flatMap { scores in
        try scorer.classScores(scores, of: logits).map { predictor, classes in
          CellClasses.Subject(
            predictor: predictor, calibration: scores.calibration, classes: classes)
        }
      })
  }
}

extension CellClasses {
  /// The figures that means over cells are taken of.
  fileprivate var figures: [(AddedFigures.Key, AddedFigures.Figure)] {
    subjects.flatMap { subject in
      ClassFigure.allCases.map { figure in
        (
          AddedFigures.Key(
            predictor: subject.predictor, calibration: subject.calibration, name: figure.rawValue),
          AddedFigures.Figure(value: figure.value(of: subject.classes))
        )
      }
    }
  }
}
