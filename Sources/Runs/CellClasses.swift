import Formats
import Scoring

/// The scores of the classes of one cell: rows of `classes.csv`.
package struct CellClasses: Sendable {
  /// A predictor's classes under one calibration.
  package struct Subject: Sendable {
    package let predictor: Predictor
    package let calibration: Calibration
    package let classes: [ClassScore]

    package init(predictor: Predictor, calibration: Calibration, classes: [ClassScore]) {
      self.predictor = predictor
      self.calibration = calibration
      self.classes = classes
    }
  }

  package let cell: Cell
  package let subjects: [Subject]

  package init(cell: Cell, subjects: [Subject]) {
    self.cell = cell
    self.subjects = subjects
  }
}

/// A figure over the classes of a cell that means over cells are taken of.
package enum ClassFigure: String, CaseIterable, Sendable {
  /// The mean accuracy of the classes.
  case balancedAccuracy = "accuracy_balanced"
  /// The lowest accuracy of a class of at least 20 images.
  case worstAccuracy = "accuracy_worst_class"

  /// Its value; nil where it is undefined.
  package func value(of classes: [ClassScore]) -> Double? {
    switch self {
    case .balancedAccuracy: classes.balancedAccuracy
    case .worstAccuracy: classes.worstAccuracy
    }
  }
}

extension TableFormat {
  /// One row for each cell, predictor, calibration and class.
  package static let classes = TableFormat(
    fileName: "classes.csv",
    keys: ["corruption", "severity", "predictor", "calibration", "class"],
    numbers: [
      "samples", "accuracy", "precision", "nll", "brier", "ece", "most_confused_with",
      "most_confused_share",
    ],
    later: [
      LaterColumn("class_name", .word), LaterColumn("most_confused_name", .word),
      LaterColumn("fitting", .word), LaterColumn("accuracy_low", .number),
      LaterColumn("accuracy_high", .number), LaterColumn("precision_low", .number),
      LaterColumn("precision_high", .number),
    ])
}

extension ClassScore {
  /// The last fields of the row: the ends of intervals.
  var intervalFields: [String] {
    [accuracyInterval, precisionInterval].flatMap {
      [CSVTable.field($0?.low), CSVTable.field($0?.high)]
    }
  }

  /// The fields of the row from the class on, up to the fitting.
  func fields(names: [String]?) -> [String] {
    func name(_ index: Int?) -> String {
      guard let index, let names, names.indices.contains(index) else { return "" }
      return names[index]
    }
    let numbers = [accuracy, precision, negativeLogLikelihood, brierScore, calibrationError]
    return ["\(index)", "\(sampleCount)"] + numbers.map(CSVTable.field)
      + [confusion.map { "\($0.predicted)" } ?? "", CSVTable.field(confusion?.share)]
      + [name(index), name(confusion?.predicted)]
  }
}
