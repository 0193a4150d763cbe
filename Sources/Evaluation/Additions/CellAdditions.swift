import Runs
import Scoring

/// What is computed of cells beside the metrics, where it is asked for.
struct CellAdditions {
  private(set) var sets: [CellSets] = []
  private(set) var classes: [CellClasses] = []
  private(set) var detections: [CellDetections] = []
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
      let ofCell = CellClasses(cell, scores)
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
}

extension CellClasses {
  /// The classes of a cell that was scored with them.
  fileprivate init(_ cell: Cell, _ scores: [CellScores]) {
    self.init(
      cell: cell,
      subjects: scores.flatMap { scores in
        scores.predictors.compactMap { predictor in
          predictor.classes.map {
            Subject(
              predictor: predictor.predictor, calibration: scores.calibration, classes: $0)
          }
        }
      })
  }

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
