import Formats
import Scoring

/// How well the images of one cell are told from images of no class: rows of `ood.csv`.
package struct CellDetections: Sendable {
  /// The detections of a set under one calibration.
  package struct Group: Sendable {
    /// The name of the images of no class.
    package let set: String
    package let calibration: Calibration
    /// How many images of no class there are.
    package let outsideCount: Int
    package let detections: [Detection]

    package init(
      set: String, calibration: Calibration, outsideCount: Int, detections: [Detection]
    ) {
      self.set = set
      self.calibration = calibration
      self.outsideCount = outsideCount
      self.detections = detections
    }
  }

  package let cell: Cell
  /// How many images the cell has.
  package let imageCount: Int
  package let groups: [Group]

  package init(cell: Cell, imageCount: Int, groups: [Group]) {
    self.cell = cell
    self.imageCount = imageCount
    self.groups = groups
  }
}

extension Cell {
  /// The name in the column `shift` of `ood.csv`: `clean`, or corruption and severity as in `fog-3`.
  package var shiftName: String { isClean ? corruption : name }
}

/// A figure of detections that means over cells are taken of.
package struct DetectionMean: Sendable, Equatable {
  package let figure: DetectionFigure
  package let score: DetectionScore
  /// The name of the images of no class.
  package let set: String

  /// The figures that means are taken of.
  package static let figures: [DetectionFigure] = [.auroc, .falsePositiveRateAt95]

  private static let prefix = "ood_"

  package init(_ figure: DetectionFigure, _ score: DetectionScore, set: String) {
    self.figure = figure
    self.score = score
    self.set = set
  }

  /// The name in the column `metric` of `summary.csv`, such as `ood_auroc_energy_svhn`.
  package var name: String { "\(Self.prefix)\(figure.name)_\(score.name)_\(set)" }

  /// What a name in the column `metric` is of; nil where it names something else.
  package init?(parsing name: String) {
    guard name.hasPrefix(Self.prefix) else { return nil }
    let rest = name.dropFirst(Self.prefix.count)
    for figure in Self.figures {
      for score in DetectionScore.allCases where rest.hasPrefix("\(figure.name)_\(score.name)_") {
        let set = rest.dropFirst(figure.name.count + score.name.count + 2)
        guard OutOfDistributionName.isValid(String(set)) else { return nil }
        self.init(figure, score, set: String(set))
        return
      }
    }
    return nil
  }
}

extension TableFormat {
  /// One row for each set of images of no class, cell, predictor, calibration and score.
  package static let outOfDistribution = TableFormat(
    fileName: "ood.csv", keys: ["ood", "shift", "predictor", "calibration", "score"],
    numbers: ["samples", "ood_samples"]
      + DetectionFigure.allCases.flatMap { [$0.name, "\($0.name)_low", "\($0.name)_high"] },
    later: [LaterColumn("fitting", .word)])
}

extension Detection {
  /// The fields of the figures, each with the ends of its interval.
  var fields: [String] {
    DetectionFigure.allCases.flatMap { figure in
      let interval = interval(of: figure)
      return [values[figure], interval?.low, interval?.high].map(CSVTable.field)
    }
  }
}
