import Scoring

/// The figures of one epoch on the test images, without calibration.
package struct TestScores: Sendable, Equatable {
  /// A figure under its name in `logs.csv` and TensorBoard, below `test/`.
  package struct Figure: Sendable, Equatable {
    package let name: String
    /// Nil where it is undefined.
    package let value: Double?

    package init(name: String, value: Double?) {
      self.name = name
      self.value = value
    }
  }

  /// The ensemble's metrics, the members' accuracies, and the mean diversity of pairs.
  package let figures: [Figure]

  package init(figures: [Figure]) { self.figures = figures }

  /// Scores `logits`, whose ensemble is the mean of the members' logits.
  init(_ logits: LabeledLogits, scorer: Scorer) throws {
    let scores = try scorer.score(logits)
    var figures: [Figure] = []
    for row in scores.predictors {
      switch row.predictor {
      case .ensemble:
        figures += Metric.allCases.map { Figure(name: $0.rawValue, value: row.figures[$0]) }
      case .member(let member) where logits.memberCount > 1:
        figures.append(Figure(name: "accuracy_\(member)", value: row.figures[.accuracy]))
      default: break
      }
    }
    if let mean = scores.diversity.first(where: { $0.pair == .mean }) {
      figures += DiversityFigure.allCases.map {
        Figure(name: $0.rawValue, value: mean.figures[$0])
      }
    }
    self.figures = figures
  }

  /// The share of images that the ensemble got right.
  package var accuracy: Double { self["accuracy"] ?? 0 }

  package subscript(name: String) -> Double? {
    figures.first { $0.name == name }?.value
  }
}
